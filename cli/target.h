// SPDX-License-Identifier: Apache-2.0
//
// Where vswmgrd listens: the unix socket named by --target or VSW_TARGET.
#ifndef VSW_CLI_TARGET_H_
#define VSW_CLI_TARGET_H_

#include <string>

#include "absl/status/statusor.h"

namespace vsw::cli {

inline constexpr char kDefaultTarget[] = "/run/vsw/mgmt.sock";

/// The socket's path from "unix:/path", "unix:///path", or a plain path.
/// Errors: InvalidArgument for other schemes, an empty path, or one too long for a unix socket.
absl::StatusOr<std::string> ParseTarget(const std::string& text);

}  // namespace vsw::cli

#endif  // VSW_CLI_TARGET_H_
