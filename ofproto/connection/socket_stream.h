// SPDX-License-Identifier: Apache-2.0
//
// Stream over a non-blocking TCP or unix socket.
#ifndef VSW_OFPROTO_CONNECTION_SOCKET_STREAM_H_
#define VSW_OFPROTO_CONNECTION_SOCKET_STREAM_H_

#include "ofproto/connection/stream.h"

namespace vsw::ofconn {

class SocketStream final : public Stream {
 public:
  /// `connecting`: connect() was begun, and Open() is to see how it went.
  SocketStream(UniqueFd socket, bool connecting)
      : socket_(std::move(socket)), connecting_(connecting) {}

  IoResult Open() override;
  IoResult Read(std::span<uint8_t> into, size_t* count) override;
  IoResult Write(std::span<const uint8_t> bytes, size_t* count) override;
  bool wants_write() const override { return connecting_; }
  int fd() const override { return socket_.get(); }
  std::string error() const override;

 private:
  IoResult Failed(int error);

  UniqueFd socket_;
  bool connecting_;
  int error_ = 0;
};

/// A non-blocking socket on its way to `target`; `*connecting` says that it is not there yet.
absl::StatusOr<UniqueFd> BeginConnect(const Target& target, bool* connecting);

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_SOCKET_STREAM_H_
