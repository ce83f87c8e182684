// SPDX-License-Identifier: Apache-2.0
//
// Keys and rules for TLS connections: TLS 1.2 or later, our key and certificate, and, when a CA is
// set, peers that it vouches for and no others. Like Open vSwitch, does not compare the peer's name
// with its address: who holds a certificate of the CA is trusted.
#ifndef VSW_OFPROTO_CONNECTION_TLS_CONTEXT_H_
#define VSW_OFPROTO_CONNECTION_TLS_CONTEXT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct ssl_ctx_st;

namespace vsw {

/// PEM files. Without a key and certificate, ssl: and pssl: targets are refused. Without a CA,
/// peers are not verified.
struct TlsSettings {
  std::string private_key, certificate, ca_certificate;
  bool operator==(const TlsSettings&) const = default;
};

namespace ofconn {

class TlsContext {
 public:
  /// Errors: FailedPrecondition if there is no key or certificate; InvalidArgument naming the file
  /// that cannot be used.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Create(const TlsSettings& settings);
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(std::unique_ptr<ssl_ctx_st, Free> context) : context_(std::move(context)) {}
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

/// What OpenSSL's queue of errors holds, in words; empties it.
std::string TakeTlsErrors();

}  // namespace ofconn
}  // namespace vsw

#endif  // VSW_OFPROTO_CONNECTION_TLS_CONTEXT_H_
