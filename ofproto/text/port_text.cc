// SPDX-License-Identifier: Apache-2.0
//
// Ports: numbers, names of reserved ones, names of the bridge's own.
#include <algorithm>

#include "base/status.h"
#include "ofproto/text/values.h"
#include "ofproto/text/words.h"

namespace vsw {
namespace {

struct PortName {
  std::string_view name;
  uint32_t port;
};
// As ovs-ofctl prints them; read in any case.
constexpr PortName kPortNames[] = {{"IN_PORT", kOfpInPort}, {"TABLE", kOfpTable},
                                   {"NORMAL", kOfpNormal},  {"FLOOD", kOfpFlood},
                                   {"ALL", kOfpAll},        {"CONTROLLER", kOfpController},
                                   {"LOCAL", kOfpLocal},    {"ANY", kOfpAny},
                                   {"NONE", kOfpAny},       {"UNSET", kOfpUnset}};

bool EqualFold(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const PortName* FindReserved(std::string_view name) {
  const auto known = std::ranges::find_if(
      kPortNames, [name](const PortName& port) { return EqualFold(port.name, name); });
  return known == std::end(kPortNames) ? nullptr : known;
}

/// Needs no quotes: a letter or an underscore, then such and digits; nothing else's name.
bool IsPlain(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return letter(name.front()) && FindReserved(name) == nullptr &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

absl::StatusOr<uint32_t> ParsePort(std::string_view text, const PortNames* ports) {
  if (const auto number = ParseNumber(text, UINT32_MAX)) {
    // 1.0's reserved numbers mean those of the later versions.
    return static_cast<uint32_t>(*number >= 0xff00 && *number <= 0xffff ? *number | 0xffff0000
                                                                        : *number);
  }
  std::string_view name = text;
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) {
    name = name.substr(1, name.size() - 2);
  }
  if (ports != nullptr && ports->number_of) {
    if (const auto number = ports->number_of(name)) return *number;
  }
  if (const PortName* known = FindReserved(name)) return known->port;
  return InvalidArgument("{}: no such port", std::string(text));
}

std::string FormatPort(uint32_t port, const PortNames* ports) {
  const auto known = std::ranges::find(kPortNames, port, &PortName::port);
  if (known != std::end(kPortNames)) return std::string(known->name);
  if (ports != nullptr && ports->name_of) {
    const std::string name = ports->name_of(port);
    const bool printable =
        std::ranges::all_of(name, [](char c) { return c >= ' ' && c != '"' && c != 0x7f; });
    if (!name.empty() && printable) return IsPlain(name) ? name : '"' + name + '"';
  }
  return std::to_string(port >= kOfpMax ? port & 0xffff : port);
}

}  // namespace vsw
