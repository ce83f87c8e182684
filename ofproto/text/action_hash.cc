// SPDX-License-Identifier: Apache-2.0
//
// multipath, bundle and bundle_load: a link chosen by a hash.
#include "base/status.h"
#include "ofproto/text/action_text.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

// NX_HASH_FIELDS_* and NX_MP_ALG_*, by their numbers.
constexpr std::string_view kHashFields[] = {
    "eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp",
    "nw_src",  "nw_dst",       "symmetric_l3"};
constexpr std::string_view kAlgorithms[] = {"modulo_n", "hash_threshold", "hrw", "iter_hash"};

template <size_t kCount>
absl::StatusOr<uint16_t> IndexOf(const std::string_view (&names)[kCount], std::string_view what,
                                 std::string_view name) {
  for (uint16_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return i;
  }
  return InvalidArgument("{}: unknown {}", std::string(name), std::string(what));
}

std::vector<std::string_view> SplitCommas(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t comma = text.find(',');
    parts.push_back(Trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string NameOf(std::span<const std::string_view> names, uint16_t index) {
  return index < names.size() ? std::string(names[index]) : std::to_string(index);
}

}  // namespace

absl::StatusOr<act::Multipath> ParseMultipath(std::string_view text) {
  const std::vector<std::string_view> parts = SplitCommas(text);
  if (parts.size() != 6) {
    return InvalidArgument("multipath({}): fields, basis, algorithm, links, argument, field wanted",
                           std::string(text));
  }
  act::Multipath result{};
  VSW_ASSIGN_OR_RETURN(result.fields, IndexOf(kHashFields, "hash fields", parts[0]));
  VSW_ASSIGN_OR_RETURN(const uint64_t basis, NumberOf("multipath", parts[1], 0xffff));
  VSW_ASSIGN_OR_RETURN(result.algorithm, IndexOf(kAlgorithms, "algorithm", parts[2]));
  VSW_ASSIGN_OR_RETURN(const uint64_t links, NumberOf("multipath", parts[3], 65536));
  if (links == 0) return InvalidArgument("multipath: 0 links");
  VSW_ASSIGN_OR_RETURN(const uint64_t argument, NumberOf("multipath", parts[4], UINT32_MAX));
  VSW_ASSIGN_OR_RETURN(result.destination, ParseSubfield(parts[5]));
  if (result.destination.bits < 16 && links > uint64_t{1} << result.destination.bits) {
    return InvalidArgument("multipath: {} has no room for {} links", std::string(parts[5]), links);
  }
  result.basis = static_cast<uint16_t>(basis);
  result.max_link = static_cast<uint16_t>(links - 1);
  result.argument = static_cast<uint32_t>(argument);
  return result;
}

std::string FormatMultipath(const act::Multipath& m) {
  return fmt::format("multipath({},{},{},{},{},{})", NameOf(kHashFields, m.fields), m.basis,
                     NameOf(kAlgorithms, m.algorithm), m.max_link + 1, m.argument,
                     FormatSubfield(m.destination));
}

absl::StatusOr<act::Bundle> ParseBundle(std::string_view text, bool loads, const PortNames* ports) {
  const size_t members = std::min(text.find("members:"), text.find("slaves:"));
  const char* name = loads ? "bundle_load" : "bundle";
  if (members == std::string_view::npos) {
    return InvalidArgument("{}({}): members: is missing", name, std::string(text));
  }
  std::string_view head = Trimmed(text.substr(0, members));
  if (head.ends_with(',')) head.remove_suffix(1);
  const std::vector<std::string_view> parts = SplitCommas(head);
  if (parts.size() != (loads ? 5u : 4u)) {
    return InvalidArgument("{}({}): fields, basis, algorithm, ofport wanted before members", name,
                           std::string(text));
  }
  act::Bundle result{};
  VSW_ASSIGN_OR_RETURN(result.fields, IndexOf(kHashFields, "hash fields", parts[0]));
  VSW_ASSIGN_OR_RETURN(const uint64_t basis, NumberOf(name, parts[1], 0xffff));
  result.basis = static_cast<uint16_t>(basis);
  if (parts[2] != "active_backup" && parts[2] != "hrw") {
    return InvalidArgument("{}: {}: unknown algorithm", name, std::string(parts[2]));
  }
  result.active_backup = parts[2] == "active_backup";
  if (parts[3] != "ofport") {
    return InvalidArgument("{}: {}: members have to be of type ofport", name,
                           std::string(parts[3]));
  }
  if (loads) {
    VSW_ASSIGN_OR_RETURN(result.destination, ParseSubfield(parts[4]));
  }
  std::string_view list = text.substr(text.find(':', members) + 1);
  for (const std::string_view part : SplitCommas(list)) {
    if (part.empty() && result.ports.empty()) continue;
    VSW_ASSIGN_OR_RETURN(const uint32_t port, ParsePort(part, ports));
    result.ports.push_back(port);
  }
  return result;
}

std::string FormatBundle(const act::Bundle& b, const PortNames* ports) {
  std::string text = fmt::format("{}({},{},{},ofport,", b.destination ? "bundle_load" : "bundle",
                                 NameOf(kHashFields, b.fields), b.basis,
                                 b.active_backup ? "active_backup" : "hrw");
  if (b.destination) text += FormatSubfield(*b.destination) + ",";
  text += "members:";
  for (size_t i = 0; i < b.ports.size(); ++i) {
    text += (i == 0 ? "" : ",") + FormatPort(b.ports[i], ports);
  }
  return text + ")";
}

}  // namespace vsw
