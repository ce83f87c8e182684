// SPDX-License-Identifier: Apache-2.0
//
// Addresses of controllers and listeners, in the words of ovs-vsctl(8): one row for each method.
#include <arpa/inet.h>

#include <charconv>
#include <set>
#include <string_view>

#include "control/field_error.h"
#include "control/validate.h"

namespace vsw::control {
namespace {

constexpr size_t kMaxTargets = 32;
constexpr size_t kMaxSocketPath = 107;  // sun_path of unix(7), less the terminator

enum class Shape { kAddressPort, kPortAddress, kPath };

struct Method {
  std::string_view lead;
  bool passive;
  Shape shape;
};
constexpr Method kMethods[] = {
    {"tcp:", false, Shape::kAddressPort}, {"ssl:", false, Shape::kAddressPort},
    {"unix:", false, Shape::kPath},       {"ptcp:", true, Shape::kPortAddress},
    {"pssl:", true, Shape::kPortAddress}, {"punix:", true, Shape::kPath},
};

bool IsAddress(std::string_view text) {
  in6_addr ignored;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    return inet_pton(AF_INET6, std::string(text.substr(1, text.size() - 2)).c_str(), &ignored) == 1;
  }
  return inet_pton(AF_INET, std::string(text).c_str(), &ignored) == 1;
}

bool IsPort(std::string_view text, unsigned least) {
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stop == end && port >= least && port <= 65535;
}

// ADDRESS[:PORT]
bool IsAddressPort(std::string_view text) {
  const size_t bracket = text.find(']');
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return IsAddress(text);
  return IsAddress(text.substr(0, colon)) && IsPort(text.substr(colon + 1), 1);
}

// [PORT][:ADDRESS]
bool IsPortAddress(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view port = text.substr(0, colon);
  if (!port.empty() && !IsPort(port, 0)) return false;
  return colon == std::string_view::npos || IsAddress(text.substr(colon + 1));
}

bool IsPath(std::string_view text) {
  return text.starts_with('/') && !text.ends_with('/') && text.size() <= kMaxSocketPath &&
         text.find('\0') == std::string_view::npos;
}

bool HasShape(Shape shape, std::string_view text) {
  switch (shape) {
    case Shape::kAddressPort:
      return IsAddressPort(text);
    case Shape::kPortAddress:
      return IsPortAddress(text);
    case Shape::kPath:
      return IsPath(text);
  }
  return false;
}

bool IsTarget(std::string_view text, bool passive) {
  for (const Method& method : kMethods) {
    if (method.passive != passive || !text.starts_with(method.lead)) continue;
    return HasShape(method.shape, text.substr(method.lead.size()));
  }
  return false;
}

absl::Status CheckList(const std::string& field, const std::vector<std::string>& targets,
                       bool passive) {
  if (targets.size() > kMaxTargets) {
    return BadField(field, "{} are too many; the most is {}", targets.size(), kMaxTargets);
  }
  std::set<std::string_view> seen;
  for (size_t i = 0; i < targets.size(); ++i) {
    const std::string place = fmt::format("{}[{}]", field, i);
    if (!IsTarget(targets[i], passive)) {
      return BadField(place, "{} is none of {}", Quote(targets[i]),
                      passive ? "ptcp:[PORT][:ADDRESS], pssl:[PORT][:ADDRESS], punix:/PATH"
                              : "tcp:ADDRESS[:PORT], ssl:ADDRESS[:PORT], unix:/PATH; ADDRESS is a "
                                "number such as 192.0.2.1 or [2001:db8::1], no name");
    }
    if (!seen.insert(targets[i]).second) {
      return BadField(place, "{} stands there twice", Quote(targets[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTargets(const db::BridgeRecord& bridge) {
  VSW_RETURN_IF_ERROR(CheckList("bridge.controllers", bridge.controllers, /*passive=*/false));
  return CheckList("bridge.listeners", bridge.listeners, /*passive=*/true);
}

}  // namespace vsw::control
