// SPDX-License-Identifier: Apache-2.0
//
// Stream with TLS over a socket.
#ifndef VSW_OFPROTO_CONNECTION_TLS_STREAM_H_
#define VSW_OFPROTO_CONNECTION_TLS_STREAM_H_

#include <memory>

#include "ofproto/connection/socket_stream.h"
#include "ofproto/connection/tls_context.h"

struct ssl_st;

namespace vsw::ofconn {

enum class TlsSide : uint8_t { kClient, kServer };

class TlsStream final : public Stream {
 public:
  struct Free {
    void operator()(ssl_st* session) const;
  };
  TlsStream(std::unique_ptr<SocketStream> socket, std::unique_ptr<ssl_st, Free> session)
      : socket_(std::move(socket)), session_(std::move(session)) {}

  IoResult Open() override;
  IoResult Read(std::span<uint8_t> into, size_t* count) override;
  IoResult Write(std::span<const uint8_t> bytes, size_t* count) override;
  bool wants_read() const override {
    return opening_waits_for_ == Direction::kRead || write_waits_for_ == Direction::kRead;
  }
  bool wants_write() const override {
    return opening_waits_for_ == Direction::kWrite || read_waits_for_ == Direction::kWrite ||
           socket_->wants_write();
  }
  int fd() const override { return socket_->fd(); }
  std::string error() const override { return error_; }

 private:
  enum class Direction : uint8_t { kNone, kRead, kWrite };
  IoResult Judge(int result, Direction* waits_for);

  std::unique_ptr<SocketStream> socket_;
  std::unique_ptr<ssl_st, Free> session_;
  bool opened_ = false;
  // For what each of the three calls last waited; a write may wait for bytes to read.
  Direction opening_waits_for_ = Direction::kNone, read_waits_for_ = Direction::kNone,
            write_waits_for_ = Direction::kNone;
  std::string error_;
};

/// Errors: FailedPrecondition without a context (TLS is not set up).
absl::StatusOr<std::unique_ptr<Stream>> MakeTlsStream(std::unique_ptr<SocketStream> socket,
                                                      const TlsContext* context, TlsSide side);

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_TLS_STREAM_H_
