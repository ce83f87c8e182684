// SPDX-License-Identifier: Apache-2.0
//
// The numbers of errors on the wire: for each version what it calls each of ours. Versions that
// have none for something use Nicira's or ONF's experimenter error where one is known, else the
// nearest of their own.
#ifndef VSW_OFPROTO_MESSAGE_ERROR_CODES_H_
#define VSW_OFPROTO_MESSAGE_ERROR_CODES_H_

#include <cstdint>

#include "ofproto/error.h"
#include "ofproto/message/messages.h"

namespace vsw {

enum class ErrorSpace : uint8_t { kNone, kStandard, kNicira, kOnf };
struct ErrorCode {
  ErrorSpace space = ErrorSpace::kNone;
  uint16_t type = 0;  // unused in experimenter errors of 1.2 on
  uint16_t code = 0;
  bool operator==(const ErrorCode&) const = default;
};

/// Never of ErrorSpace::kNone.
ErrorCode CodeOfError(OfVersion version, OfErrorId id);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_ERROR_CODES_H_
