// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/status.h"

namespace vsw::ofconn {

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

std::string TakeTlsErrors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {  // NOLINT: OpenSSL's type
    const char* reason = ERR_reason_error_string(code);
    text += text.empty() ? "" : "; ";
    text += reason != nullptr ? reason : "error " + std::to_string(code);
  }
  return text.empty() ? "TLS failed" : text;
}

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Create(const TlsSettings& settings) {
  if (settings.private_key.empty() || settings.certificate.empty()) {
    return absl::FailedPreconditionError(
        "TLS needs a private key and a certificate, and none are set");
  }
  ERR_clear_error();
  std::unique_ptr<ssl_ctx_st, Free> context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return absl::InternalError("TLS: " + TakeTlsErrors());
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(raw, settings.certificate.c_str()) != 1) {
    return InvalidArgument("certificate {}: {}", settings.certificate, TakeTlsErrors());
  }
  if (SSL_CTX_use_PrivateKey_file(raw, settings.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return InvalidArgument("private key {}: {}", settings.private_key, TakeTlsErrors());
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    return InvalidArgument("private key {} does not belong to certificate {}: {}",
                           settings.private_key, settings.certificate, TakeTlsErrors());
  }
  if (settings.ca_certificate.empty()) {
    SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  } else {
    if (SSL_CTX_load_verify_locations(raw, settings.ca_certificate.c_str(), nullptr) != 1) {
      return InvalidArgument("CA certificate {}: {}", settings.ca_certificate, TakeTlsErrors());
    }
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(settings.ca_certificate.c_str()));
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(context)));
}

}  // namespace vsw::ofconn
