// SPDX-License-Identifier: Apache-2.0
//
// Reads a port's options. Each function gives nothing if the option is absent, and InvalidArgument
// with the option's name and what it may be if it is wrong.
#ifndef VSW_DATAPATH_PORT_PORT_OPTIONS_H_
#define VSW_DATAPATH_PORT_PORT_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/mac_address.h"

namespace vsw {

using OptionMap = std::map<std::string, std::string>;

inline constexpr uint32_t kMinMtu = 68;
inline constexpr uint32_t kMaxMtu = 9216;

[[nodiscard]] absl::StatusOr<std::optional<uint32_t>> ReadNumber(const OptionMap& options,
                                                                 const std::string& key,
                                                                 uint32_t least, uint32_t most);
[[nodiscard]] absl::StatusOr<std::optional<MacAddress>> ReadMac(const OptionMap& options);
/// admin-state: true = up.
[[nodiscard]] absl::StatusOr<std::optional<bool>> ReadAdminState(const OptionMap& options);

/// A name that the kernel takes for a network device: 1 to 15 characters, no '/', ':', '%' or
/// white space, not "." or "..".
[[nodiscard]] absl::Status CheckDeviceName(const std::string& name);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_PORT_OPTIONS_H_
