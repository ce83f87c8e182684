// SPDX-License-Identifier: Apache-2.0
#include "control/tunnel_options.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "control/field_error.h"

namespace vsw::control {
namespace {

constexpr char kFlow[] = "flow";
constexpr size_t kMaxRemotes = 1024;

struct IpAddress {
  int family = AF_INET;
  std::array<uint8_t, 16> octets{};  // an IPv4 address in the first four

  std::string ToString() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(family, octets.data(), text.data(), text.size());
    return text.data();
  }
  bool is_zero() const {
    return std::all_of(octets.begin(), octets.end(), [](uint8_t octet) { return octet == 0; });
  }
};

std::optional<IpAddress> ParseIp(const std::string& text) {
  IpAddress address;
  if (inet_pton(AF_INET, text.c_str(), address.octets.data()) == 1) return address;
  address.family = AF_INET6;
  if (inet_pton(AF_INET6, text.c_str(), address.octets.data()) == 1) return address;
  return std::nullopt;
}

bool IsMulticast(const IpAddress& address) {
  return address.family == AF_INET ? address.octets[0] >> 4 == 0xe : address.octets[0] == 0xff;
}

bool IsLoopback(const IpAddress& address) {
  return address.family == AF_INET ? address.octets[0] == 127 : address.ToString() == "::1";
}

// ::ffff:a.b.c.d, which no packet bears.
bool IsMapped(const IpAddress& address) {
  return address.family == AF_INET6 && address.ToString().starts_with("::ffff:") &&
         address.ToString().find('.') != std::string::npos;
}

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(',', start);
    parts.push_back(text.substr(start, end == std::string::npos ? end : end - start));
    if (end == std::string::npos) return parts;
    start = end + 1;
  }
}

const std::string* FindOption(const db::PortRecord& port, const std::string& name) {
  const auto found = port.options.find(name);
  return found == port.options.end() ? nullptr : &found->second;
}

bool Is(const db::PortRecord& port, const std::string& name, const std::string& value) {
  const std::string* option = FindOption(port, name);
  return option != nullptr && *option == value;
}

std::string FieldOfOption(const std::string& name) { return fmt::format("port.options[{}]", name); }

// The option that names the other ends: "remote" or "remotes".
const char* RemoteOption(const db::PortRecord& port) {
  return port.options.contains("remotes") ? "remotes" : "remote";
}

// In one spelling, whatever the user's.
std::string Canonical(const std::string& address) {
  const std::optional<IpAddress> parsed = ParseIp(address);
  return parsed.has_value() ? parsed->ToString() : address;
}

std::optional<uint64_t> ParseKey(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  uint64_t key = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), key, base);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return key;
}

// What received packets must have for a key.
std::string InKey(const db::PortRecord& port) {
  const std::string* key = FindOption(port, "in_key");
  if (key == nullptr) key = FindOption(port, "key");
  if (key == nullptr) return port.kind == db::PortKind::kGre ? "none" : "0";
  const std::optional<uint64_t> number = ParseKey(*key);
  return number.has_value() ? std::to_string(*number) : *key;
}

std::string DestinationPort(const db::PortRecord& port) {
  if (port.kind == db::PortKind::kGre) return "";
  const char* standard = port.kind == db::PortKind::kVxlan ? "4789" : "6081";
  const std::string* chosen = FindOption(port, "dst_port");
  return fmt::format(" port {}", chosen == nullptr ? standard : *chosen);
}

absl::Status CheckFamilies(const db::PortRecord& port, const std::string& remote) {
  const std::string* local = FindOption(port, "local");
  if (local == nullptr || *local == kFlow || remote == kFlow) return absl::OkStatus();
  const IpAddress from = ParseIp(*local).value_or(IpAddress{});
  const IpAddress to = ParseIp(remote).value_or(IpAddress{});
  if (from.family != to.family) {
    return BadField(FieldOfOption("local"), "{} and remote {} are not of one family", Quote(*local),
                    Quote(remote));
  }
  if (from.octets == to.octets) {
    return BadField(FieldOfOption(RemoteOption(port)),
                    "{} is the local address: a tunnel to itself", Quote(remote));
  }
  return absl::OkStatus();
}

absl::Status CheckLiveness(const db::PortRecord& port) {
  for (const char* name : {"bfd_src_ip", "bfd_dst_ip"}) {
    const std::string* address = FindOption(port, name);
    if (address != nullptr && ParseIp(*address)->family != AF_INET) {
      return BadField(FieldOfOption(name), "{} is no IPv4 address; BFD goes over IPv4 here",
                      Quote(*address));
    }
  }
  const std::string* remote = FindOption(port, "remote");
  if (!Is(port, "bfd", "true") || (remote != nullptr && *remote != kFlow)) return absl::OkStatus();
  return BadField(FieldOfOption("bfd"), "needs a port with one remote address: set remote=ADDRESS");
}

absl::Status CheckInterfaceAddress(const std::string& field, const std::string& value) {
  const size_t slash = value.find('/');
  const std::optional<IpAddress> address = ParseIp(value.substr(0, slash));
  uint32_t length = 0;
  bool good = address.has_value() && slash != std::string::npos && !IsMulticast(*address) &&
              !address->is_zero() && !IsLoopback(*address) && !IsMapped(*address);
  if (good) {
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data() + slash + 1, end, length);
    const uint32_t bits = address->family == AF_INET ? 32 : 128;
    good = error == std::errc() && stop == end && length >= 1 && length <= bits;
  }
  if (good) return absl::OkStatus();
  return BadField(field, "{} is no address with its prefix length, such as 192.0.2.1/24",
                  Quote(value));
}

}  // namespace

bool IsTunnel(db::PortKind kind) {
  return kind == db::PortKind::kVxlan || kind == db::PortKind::kGeneve ||
         kind == db::PortKind::kGre;
}

absl::Status CheckTunnelAddress(const std::string& field, const std::string& value) {
  const std::optional<IpAddress> address = ParseIp(value);
  if (!address.has_value()) {
    return BadField(field, "{} is no address; write one like 192.0.2.2 or 2001:db8::2",
                    Quote(value));
  }
  if (IsMulticast(*address) || value == "255.255.255.255") {
    return BadField(field, "{} is an address of many; for several remotes list them: remotes=A,B",
                    Quote(value));
  }
  if (address->is_zero() || IsLoopback(*address)) {
    return BadField(field, "{} is the address of no other host", Quote(value));
  }
  if (IsMapped(*address)) {
    return BadField(field, "{} is an IPv4 address in IPv6 form; write it as IPv4", Quote(value));
  }
  return absl::OkStatus();
}

absl::Status CheckTunnelAddresses(const std::string& field, const std::string& value) {
  const std::vector<std::string> addresses = SplitList(value);
  if (addresses.size() > kMaxRemotes) {
    return BadField(field, "{} addresses are too many; the most is {}", addresses.size(),
                    kMaxRemotes);
  }
  std::set<std::string> seen;
  for (const std::string& address : addresses) {
    VSW_RETURN_IF_ERROR(CheckTunnelAddress(field, address));
    if (!seen.insert(Canonical(address)).second) {
      return BadField(field, "{} stands twice", Quote(address));
    }
    if (ParseIp(address)->family != ParseIp(addresses.front())->family) {
      return BadField(field, "{} and {} are not of one family", Quote(addresses.front()),
                      Quote(address));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTunnelKey(const std::string& field, const std::string& value, uint64_t max) {
  const std::optional<uint64_t> key = ParseKey(value);
  if (key.has_value() && *key <= max) return absl::OkStatus();
  return BadField(field, "{} is neither flow nor a number of 0..{}", Quote(value), max);
}

absl::Status CheckInterfaceAddresses(const std::string& field, const std::string& value) {
  for (const std::string& address : SplitList(value)) {
    VSW_RETURN_IF_ERROR(CheckInterfaceAddress(field, address));
  }
  return absl::OkStatus();
}

absl::Status CheckGateways(const std::string& field, const std::string& value) {
  std::set<int> families;
  for (const std::string& gateway : SplitList(value)) {
    VSW_RETURN_IF_ERROR(CheckTunnelAddress(field, gateway));
    if (!families.insert(ParseIp(gateway)->family).second) {
      return BadField(field, "{} is the second gateway of its family", Quote(gateway));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTunnel(const db::PortRecord& port) {
  const std::string* remote = FindOption(port, "remote");
  const std::string* remotes = FindOption(port, "remotes");
  if (remote == nullptr && remotes == nullptr) {
    return BadField(FieldOfOption("remote"),
                    "a {} port needs it: the other host's address, or flow; or remotes=A,B,...",
                    db::ToString(port.kind));
  }
  if (remote != nullptr && remotes != nullptr) {
    return BadField(FieldOfOption("remotes"), "does not go with remote; clear one: remote=");
  }
  for (const std::string& address : SplitList(remote != nullptr ? *remote : *remotes)) {
    VSW_RETURN_IF_ERROR(CheckFamilies(port, address));
  }
  return CheckLiveness(port);
}

std::vector<std::string> ClaimsOfTunnel(const db::PortRecord& port) {
  const std::string* remotes = FindOption(port, RemoteOption(port));
  if (remotes == nullptr) return {};
  const std::string* local = FindOption(port, "local");
  std::vector<std::string> claims;
  for (const std::string& remote : SplitList(*remotes)) {
    claims.push_back(fmt::format("{} tunnel{} from remote {} to local {} with key {}",
                                 db::ToString(port.kind), DestinationPort(port), Canonical(remote),
                                 local == nullptr ? "any" : Canonical(*local), InKey(port)));
  }
  return claims;
}

}  // namespace vsw::control
