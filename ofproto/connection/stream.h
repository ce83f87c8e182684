// SPDX-License-Identifier: Apache-2.0
//
// A connected byte stream that never blocks: TCP, unix or TLS. Open() is called until it is done;
// after that Read() and Write(). What a TLS stream waits for may be the opposite of what it was
// asked for: wants_read() and wants_write() say for what the poller must watch besides.
//
// Thread safety: one thread, that of the connections.
#ifndef VSW_OFPROTO_CONNECTION_STREAM_H_
#define VSW_OFPROTO_CONNECTION_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "ofproto/connection/target.h"

namespace vsw::ofconn {

enum class IoResult : uint8_t { kDone, kWouldBlock, kClosed, kFailed };

class TlsContext;

class Stream {
 public:
  virtual ~Stream() = default;
  /// Goes on with connecting and the TLS handshake; kDone when both are over.
  virtual IoResult Open() = 0;
  /// kDone: `*count` bytes, at least one.
  virtual IoResult Read(std::span<uint8_t> into, size_t* count) = 0;
  /// kDone: `*count` bytes were taken, at least one.
  virtual IoResult Write(std::span<const uint8_t> bytes, size_t* count) = 0;
  virtual bool wants_read() const { return false; }
  virtual bool wants_write() const { return false; }
  virtual int fd() const = 0;
  /// After kFailed: why.
  virtual std::string error() const = 0;
};

/// Begins to connect. `tls` is needed for ssl: targets alone.
absl::StatusOr<std::unique_ptr<Stream>> ConnectTo(const Target& target, const TlsContext* tls);
/// The server's side of an accepted socket.
absl::StatusOr<std::unique_ptr<Stream>> AcceptOn(Target::Transport transport, UniqueFd socket,
                                                 const TlsContext* tls);

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_STREAM_H_
