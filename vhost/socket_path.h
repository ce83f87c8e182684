// SPDX-License-Identifier: Apache-2.0
//
// The socket files of vhost-user ports: checks a path before anything is created, takes stale files
// away, and finds the library's connections, which it does not show.
//
// Thread safety: pure functions on the file system and this process's descriptors.
#ifndef VSW_VHOST_SOCKET_PATH_H_
#define VSW_VHOST_SOCKET_PATH_H_

#include <string>

#include "absl/status/status.h"

namespace vsw::vhost {

/// Ready to be listened on: folder there and writable, nothing at the path (a socket file that
/// nobody listens on is removed). Errors: InvalidArgument (relative, too long, no socket there),
/// NotFound (folder), PermissionDenied, AlreadyExists (somebody listens).
[[nodiscard]] absl::Status PrepareServerPath(const std::string& path);

/// Fit to be connected to, now or later: the peer may come later than the port.
[[nodiscard]] absl::Status CheckClientPath(const std::string& path);

/// Gives the newest connection on `path` (accepted there, or connected to it) deadlines, so that a
/// peer which stops in the middle of a message holds up nobody for long, and returns a duplicate of
/// its descriptor that the caller owns. -1: not found.
[[nodiscard]] int AdoptConnection(const std::string& path, bool client);

}  // namespace vsw::vhost

#endif  // VSW_VHOST_SOCKET_PATH_H_
