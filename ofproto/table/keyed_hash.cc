// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/keyed_hash.h"

#include <sys/random.h>

#include <array>

#include "base/status.h"

namespace vsw {
namespace {

std::array<uint64_t, 2> Draw() {
  std::array<uint64_t, 2> secret;
  VSW_CHECK(getrandom(secret.data(), sizeof(secret), 0) == sizeof(secret));
  secret[1] |= 1;  // an even factor would lose a bit
  return secret;
}

}  // namespace

KeyedHash::KeyedHash() {
  static const std::array<uint64_t, 2> secret = Draw();
  seed_ = secret[0];
  factor_ = secret[1];
}

}  // namespace vsw
