// SPDX-License-Identifier: Apache-2.0
#include "cli/target.h"

#include <sys/un.h>

#include "base/status.h"

namespace vsw::cli {

absl::StatusOr<std::string> ParseTarget(const std::string& text) {
  std::string path = text;
  if (path.starts_with("unix:")) {
    path.erase(0, 5);
    if (path.starts_with("///")) path.erase(0, 2);
  } else if (path.find('/') == std::string::npos && path.find(':') != std::string::npos) {
    return InvalidArgument(
        "--target {}: only unix sockets are known; write unix:/path or a plain path", text);
  } else if (path.find("://") != std::string::npos) {
    return InvalidArgument(
        "--target {}: only unix sockets are known; write unix:/path or a plain path", text);
  }
  if (path.empty()) return InvalidArgument("--target: the path of the socket is empty");
  constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > kMaxPath) {
    return InvalidArgument("--target {}: a unix socket's path has at most {} characters, not {}",
                           text, kMaxPath, path.size());
  }
  return path;
}

}  // namespace vsw::cli
