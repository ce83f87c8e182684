// SPDX-License-Identifier: Apache-2.0
//
// Options against the table of port_kinds.h: one check for each option type.
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/mac_address.h"
#include "control/field_error.h"
#include "control/port_kinds.h"
#include "control/tunnel_options.h"
#include "control/validate.h"

namespace vsw::control {
namespace {

constexpr size_t kMaxSocketPath = 107;  // sun_path of unix(7), less the terminator
constexpr size_t kMaxDevargs = 1024;

bool IsOneOf(std::string_view words, const std::string& value) {
  return !value.empty() && value.find('|') == std::string::npos &&
         fmt::format("|{}|", words).find(fmt::format("|{}|", value)) != std::string::npos;
}

absl::Status CheckInteger(const std::string& field, const OptionSpec& spec,
                          const std::string& value) {
  int64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number < spec.min || number > spec.max) {
    return BadField(field, "{} is {} number of {}..{}", Quote(value),
                    spec.words.empty() ? "not a" : fmt::format("neither {} nor a", spec.words),
                    spec.min, spec.max);
  }
  return absl::OkStatus();
}

absl::Status CheckWord(const std::string& field, const OptionSpec& spec, const std::string& value) {
  return BadField(field, "{} is none of {}", Quote(value), spec.words);
}

absl::Status CheckMac(const std::string& field, const std::string& value) {
  const std::optional<MacAddress> mac = MacAddress::Parse(value);
  if (mac.has_value() && !mac->is_multicast() && !mac->is_zero()) return absl::OkStatus();
  return BadField(field, "{} is no unicast address; write one like 02:00:00:00:00:01",
                  Quote(value));
}

absl::Status CheckSocketPath(const std::string& field, const std::string& value,
                             const HostView& host) {
  if (!value.starts_with('/') || value.ends_with('/')) {
    return BadField(field, "{} is not the absolute path of a socket, such as /run/vsw/vm1.sock",
                    Quote(value));
  }
  if (value.size() > kMaxSocketPath) {
    return BadField(field, "{} has {} octets; a socket path has at most {}", Quote(value),
                    value.size(), kMaxSocketPath);
  }
  if (value.find('\0') != std::string::npos) {
    return BadField(field, "{} has a zero octet in it", Quote(value));
  }
  const std::filesystem::path path = std::filesystem::path(value).lexically_normal();
  if (host.reserved_paths.contains(path.string())) {
    return BadField(field, "{} belongs to the switch itself; choose another path", Quote(value));
  }
  const std::string folder = path.parent_path().string();
  if (!host.is_folder(folder)) {
    return BadField(field, "folder {} does not exist; create it first", Quote(folder));
  }
  if (host.is_folder(path.string())) {
    return BadField(field, "{} is a folder; name a socket in it", Quote(value));
  }
  return absl::OkStatus();
}

absl::Status CheckDevargs(const std::string& field, const std::string& value) {
  bool visible = !value.empty() && value.size() <= kMaxDevargs && !value.starts_with(',');
  for (const char c : value) visible = visible && c > ' ' && c <= '~';
  if (visible) return absl::OkStatus();
  return BadField(field,
                  "{} is no DPDK device string; write 1..{} visible characters such as "
                  "0000:01:00.0 or net_pcap0,iface=eth1",
                  Quote(value), kMaxDevargs);
}

absl::Status CheckPeer(const std::string& field, const db::PortRecord& port,
                       const std::string& value) {
  if (value.empty()) return BadField(field, "name the patch port at the other end");
  if (value == port.name) {
    return BadField(field, "{} is the port itself; name the patch port at the other end",
                    Quote(value));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(const std::string& field, const OptionSpec& spec,
                        const db::PortRecord& port, const std::string& value,
                        const HostView& host) {
  if (IsOneOf(spec.words, value)) return absl::OkStatus();
  switch (spec.type) {
    case OptionType::kInteger:
      return CheckInteger(field, spec, value);
    case OptionType::kWord:
      return CheckWord(field, spec, value);
    case OptionType::kMac:
      return CheckMac(field, value);
    case OptionType::kSocketPath:
      return CheckSocketPath(field, value, host);
    case OptionType::kDevice:
      return CheckDeviceName(field, value);
    case OptionType::kPortName:
      return CheckPeer(field, port, value);
    case OptionType::kDevargs:
      return CheckDevargs(field, value);
    case OptionType::kIpAddress:
      return CheckTunnelAddress(field, value);
    case OptionType::kIpAddresses:
      return CheckTunnelAddresses(field, value);
    case OptionType::kIpPrefixes:
      return CheckInterfaceAddresses(field, value);
    case OptionType::kGateways:
      return CheckGateways(field, value);
    case OptionType::kTunnelKey:
      return CheckTunnelKey(field, value, static_cast<uint64_t>(spec.max));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOptions(const db::PortRecord& port, const HostView& host) {
  const KindSpec& kind = SpecOf(port.kind);
  for (const auto& [name, value] : port.options) {
    const OptionSpec* spec = FindOption(kind, name);
    if (spec == nullptr) {
      return BadField(fmt::format("port.options[{}]", name.substr(0, 64)),
                      "a {} port has no such option; it has: {}", db::ToString(port.kind),
                      KnownOptions(kind));
    }
    VSW_RETURN_IF_ERROR(
        CheckValue(fmt::format("port.options[{}]", name), *spec, port, value, host));
  }
  for (const OptionSpec& spec : kind.options) {
    if (spec.required && !port.options.contains(std::string(spec.name))) {
      return BadField(fmt::format("port.options[{}]", spec.name), "a {} port needs it",
                      db::ToString(port.kind));
    }
  }
  return IsTunnel(port.kind) ? CheckTunnel(port) : absl::OkStatus();
}

}  // namespace vsw::control
