// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/port_options.h"

#include <net/if.h>

#include <charconv>

#include "base/status.h"

namespace vsw {

absl::StatusOr<std::optional<uint32_t>> ReadNumber(const OptionMap& options, const std::string& key,
                                                   uint32_t least, uint32_t most) {
  const auto found = options.find(key);
  if (found == options.end()) return std::nullopt;
  const std::string& text = found->second;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return InvalidArgument("option {}={}: must be a number from {} to {}", key, text, least, most);
  }
  return value;
}

absl::StatusOr<std::optional<MacAddress>> ReadMac(const OptionMap& options) {
  const auto found = options.find("mac");
  if (found == options.end()) return std::nullopt;
  const auto mac = MacAddress::Parse(found->second);
  if (!mac || mac->is_multicast() || mac->is_zero()) {
    return InvalidArgument("option mac={}: must be a unicast address such as 02:00:00:00:00:01",
                           found->second);
  }
  return mac;
}

absl::StatusOr<std::optional<bool>> ReadAdminState(const OptionMap& options) {
  const auto found = options.find("admin-state");
  if (found == options.end()) return std::nullopt;
  if (found->second == "up") return true;
  if (found->second == "down") return false;
  return InvalidArgument("option admin-state={}: must be up or down", found->second);
}

absl::Status CheckDeviceName(const std::string& name) {
  const bool bad = name.empty() || name.size() >= IFNAMSIZ || name == "." || name == ".." ||
                   name.find_first_of("/:% \t\n\v\f\r") != std::string::npos ||
                   name.find('\0') != std::string::npos;
  if (!bad) return absl::OkStatus();
  return InvalidArgument(
      "'{}' cannot be the name of a network device: 1 to {} characters, without '/', ':', '%' or "
      "white space",
      name, IFNAMSIZ - 1);
}

}  // namespace vsw
