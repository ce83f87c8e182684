// SPDX-License-Identifier: Apache-2.0
#include "control/validate.h"

#include <filesystem>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "control/field_error.h"
#include "control/port_kinds.h"
#include "ofproto/text/tlv_text.h"

namespace vsw::control {
namespace {

constexpr size_t kMaxDeviceName = 15;  // the kernel's IFNAMSIZ less the terminator
constexpr size_t kMaxPortName = 63;
constexpr size_t kMaxLabels = 64;
constexpr size_t kMaxLabelKey = 128;
constexpr size_t kMaxLabelValue = 4096;
constexpr uint32_t kMaxAgeingSeconds = 86400 * 365;
constexpr uint32_t kMaxFdbEntries = 1U << 20;

bool IsPortNameOctet(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == ':' || c == '-';
}

absl::Status CheckPortName(const std::string& field, const std::string& name) {
  if (name.empty() || name.size() > kMaxPortName) {
    return BadField(field, "{} has {} characters; a port name has 1..{}", Quote(name), name.size(),
                    kMaxPortName);
  }
  for (const char c : name) {
    if (!IsPortNameOctet(c)) {
      return BadField(field, "{} is no port name; use letters, digits and _ . : -", Quote(name));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLabels(const std::string& field, const db::StringMap& labels) {
  if (labels.size() > kMaxLabels) {
    return BadField(field, "{} labels are too many; the most is {}", labels.size(), kMaxLabels);
  }
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kMaxLabelKey) {
      return BadField(field, "key {} has {} octets; a key has 1..{}", Quote(key), key.size(),
                      kMaxLabelKey);
    }
    if (value.size() > kMaxLabelValue) {
      return BadField(fmt::format("{}[{}]", field, key), "the value has {} octets; the most is {}",
                      value.size(), kMaxLabelValue);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTlvMap(const db::StringMap& map) {
  std::map<std::pair<uint16_t, uint8_t>, std::string> seen;
  for (const auto& [field, option] : map) {
    const std::string at = fmt::format("bridge.tlv_map[{}]", field.substr(0, 64));
    const absl::StatusOr<TlvMapping> mapping = ParseTlvMapping(option, field);
    if (!mapping.ok()) return AtField(at, mapping.status());
    const auto [other, fresh] =
        seen.emplace(std::pair(mapping->option_class, mapping->type), field);
    if (!fresh) return BadField(at, "{} stands for that option already", other->second);
  }
  return absl::OkStatus();
}

}  // namespace

HostView RealHost(std::set<std::string> reserved_paths) {
  return {.is_folder =
              [](const std::string& path) {
                std::error_code ignored;
                return std::filesystem::is_directory(path, ignored);
              },
          .reserved_paths = std::move(reserved_paths)};
}

absl::Status CheckDeviceName(const std::string& field, const std::string& name) {
  if (name.empty() || name.size() > kMaxDeviceName) {
    return BadField(field, "{} has {} characters; a kernel device name has 1..{}", Quote(name),
                    name.size(), kMaxDeviceName);
  }
  if (name == "." || name == "..") {
    return BadField(field, "{} cannot name a kernel device; choose another", Quote(name));
  }
  for (const char c : name) {
    // The kernel refuses '/', ':' and white space; the rest would make tools and paths fail.
    if (c <= ' ' || c > '~' || c == '/' || c == ':' || c == '%') {
      return BadField(field,
                      "{} is no kernel device name; use visible ASCII characters, "
                      "without space, '/', ':' or '%'",
                      Quote(name));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBridge(const db::BridgeRecord& bridge) {
  VSW_RETURN_IF_ERROR(CheckDeviceName("bridge.name", bridge.name));
  if (bridge.fdb_ageing_seconds > kMaxAgeingSeconds) {
    return BadField("bridge.fdb.ageing_seconds", "{} is not one of 0..{} (0 = the default)",
                    bridge.fdb_ageing_seconds, kMaxAgeingSeconds);
  }
  if (bridge.fdb_max_entries > kMaxFdbEntries) {
    return BadField("bridge.fdb.max_entries", "{} is not one of 0..{} (0 = the default)",
                    bridge.fdb_max_entries, kMaxFdbEntries);
  }
  VSW_RETURN_IF_ERROR(CheckTargets(bridge));
  VSW_RETURN_IF_ERROR(CheckTlvMap(bridge.tlv_map));
  return CheckLabels("bridge.labels", bridge.labels);
}

absl::Status CheckPort(const db::PortRecord& port, const HostView& host) {
  if (SpecOf(port.kind).named_like_device) {
    VSW_RETURN_IF_ERROR(CheckDeviceName("port.name", port.name));
  } else {
    VSW_RETURN_IF_ERROR(CheckPortName("port.name", port.name));
  }
  if (!IsLocal(port) && port.ofport > kMaxOfPort) {
    return BadField("port.ofport", "{} is not one of 1..{} (0 = any that is free)", port.ofport,
                    kMaxOfPort);
  }
  VSW_RETURN_IF_ERROR(CheckVlan(port.vlan));
  VSW_RETURN_IF_ERROR(CheckOptions(port, host));
  return CheckLabels("port.labels", port.labels);
}

absl::Status CheckFdbKey(const db::FdbKey& key) {
  if (key.vlan > kMaxVlan) {
    return BadField("entry.vlan", "VLAN {} is not one of 0..{} (0 = untagged)", key.vlan, kMaxVlan);
  }
  const MacAddress mac = MacAddress::FromU64(key.mac);
  if (mac.is_zero() || mac.is_multicast()) {
    return BadField("entry.mac", "{} is no unicast address; name the address of one station",
                    mac.ToString());
  }
  return absl::OkStatus();
}

}  // namespace vsw::control
