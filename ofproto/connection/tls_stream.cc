// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace vsw::ofconn {
namespace {

int Bounded(size_t size) { return static_cast<int>(std::min<size_t>(size, INT_MAX)); }

}  // namespace

void TlsStream::Free::operator()(ssl_st* session) const { SSL_free(session); }

// What became of an SSL_ call that did not succeed.
IoResult TlsStream::Judge(int result, Direction* waits_for) {
  const int saved = errno;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      *waits_for = Direction::kRead;
      return IoResult::kWouldBlock;
    case SSL_ERROR_WANT_WRITE:
      *waits_for = Direction::kWrite;
      return IoResult::kWouldBlock;
    case SSL_ERROR_ZERO_RETURN:
      return IoResult::kClosed;
    case SSL_ERROR_SYSCALL:
      error_ = saved != 0 ? std::generic_category().message(saved) : "connection cut off";
      return IoResult::kFailed;
    default:
      error_ = "TLS: " + TakeTlsErrors();
      if (const long verdict = SSL_get_verify_result(session_.get());  // NOLINT: OpenSSL's type
          verdict != X509_V_OK) {
        error_ += std::string(" (") + X509_verify_cert_error_string(verdict) + ")";
      }
      return IoResult::kFailed;
  }
}

IoResult TlsStream::Open() {
  if (opened_) return IoResult::kDone;
  if (const IoResult connected = socket_->Open(); connected != IoResult::kDone) {
    error_ = connected == IoResult::kFailed ? socket_->error() : "";
    return connected;
  }
  opening_waits_for_ = Direction::kNone;
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result != 1) return Judge(result, &opening_waits_for_);
  opened_ = true;
  return IoResult::kDone;
}

IoResult TlsStream::Read(std::span<uint8_t> into, size_t* count) {
  read_waits_for_ = Direction::kNone;
  ERR_clear_error();
  const int got = SSL_read(session_.get(), into.data(), Bounded(into.size()));
  if (got <= 0) return Judge(got, &read_waits_for_);
  *count = static_cast<size_t>(got);
  return IoResult::kDone;
}

IoResult TlsStream::Write(std::span<const uint8_t> bytes, size_t* count) {
  write_waits_for_ = Direction::kNone;
  ERR_clear_error();
  const int sent = SSL_write(session_.get(), bytes.data(), Bounded(bytes.size()));
  if (sent <= 0) return Judge(sent, &write_waits_for_);
  *count = static_cast<size_t>(sent);
  return IoResult::kDone;
}

absl::StatusOr<std::unique_ptr<Stream>> MakeTlsStream(std::unique_ptr<SocketStream> socket,
                                                      const TlsContext* context, TlsSide side) {
  if (context == nullptr) return absl::FailedPreconditionError("TLS is not set up");
  ERR_clear_error();
  std::unique_ptr<ssl_st, TlsStream::Free> session(SSL_new(context->get()));
  if (session == nullptr || SSL_set_fd(session.get(), socket->fd()) != 1) {
    return absl::InternalError("TLS: " + TakeTlsErrors());
  }
  if (side == TlsSide::kClient) {
    SSL_set_connect_state(session.get());
  } else {
    SSL_set_accept_state(session.get());
  }
  return std::unique_ptr<Stream>(new TlsStream(std::move(socket), std::move(session)));
}

}  // namespace vsw::ofconn
