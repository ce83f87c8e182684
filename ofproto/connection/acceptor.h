// SPDX-License-Identifier: Apache-2.0
//
// A listening socket of a passive target. A unix socket file that nobody listens on any more is
// replaced; one that somebody does listen on, or another kind of file, is an error. The file is
// removed at the end if it is still ours.
#ifndef VSW_OFPROTO_CONNECTION_ACCEPTOR_H_
#define VSW_OFPROTO_CONNECTION_ACCEPTOR_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "ofproto/connection/target.h"

namespace vsw::ofconn {

class Acceptor {
 public:
  /// Errors: what was attempted on what address, with the system's reason.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const Target& target);
  ~Acceptor();

  struct Accepted {
    UniqueFd socket;
    std::string peer;
  };
  /// The next waiting connection, non-blocking. Errors: Unavailable if none waits; others are
  /// those of accept().
  absl::StatusOr<Accepted> Accept();

  int fd() const { return socket_.get(); }
  const Target& target() const { return target_; }
  /// The address that it is bound to, with the port that the system chose for port 0.
  const std::string& bound() const { return bound_; }

 private:
  Acceptor(Target target, UniqueFd socket)
      : target_(std::move(target)), socket_(std::move(socket)) {}

  Target target_;
  UniqueFd socket_;
  std::string bound_;
  dev_t device_ = 0;
  ino_t inode_ = 0;  // of the socket file
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_ACCEPTOR_H_
