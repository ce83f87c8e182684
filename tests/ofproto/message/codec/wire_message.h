// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow messages built field by field, as a controller would write them.
#ifndef VSW_TESTS_OFPROTO_MESSAGE_CODEC_WIRE_MESSAGE_H_
#define VSW_TESTS_OFPROTO_MESSAGE_CODEC_WIRE_MESSAGE_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "ofproto/message/codec.h"
#include "ofproto/message/wire.h"

namespace vsw::testing {

inline constexpr OfVersion kVersions[] = {OfVersion::k10, OfVersion::k11, OfVersion::k12,
                                          OfVersion::k13, OfVersion::k14, OfVersion::k15};

inline std::string NameOf(OfVersion version) {
  return "1." + std::to_string(static_cast<int>(version) - 1);
}

/// A message written field by field. Build() fills in the length.
class WireMessage {
 public:
  WireMessage(OfVersion version, uint8_t type, uint32_t xid = 7) {
    U8(static_cast<uint8_t>(version)).U8(type).U16(0).U32(xid);
  }
  static WireMessage Multipart(OfVersion version, uint16_t type, uint16_t flags = 0) {
    const bool v10 = version == OfVersion::k10;
    WireMessage message(version, v10 ? 16 : 18);
    message.U16(type).U16(flags).Zeros(v10 ? 0 : 4);
    return message;
  }
  static WireMessage Experimenter(OfVersion version, uint32_t experimenter, uint32_t subtype) {
    WireMessage message(version, 4);
    message.U32(experimenter).U32(subtype);
    return message;
  }
  static WireMessage Nicira(OfVersion version, uint32_t subtype) {
    return Experimenter(version, 0x2320, subtype);
  }

  WireMessage& U8(uint8_t v) { return writer_.U8(v), *this; }
  WireMessage& U16(uint16_t v) { return writer_.U16(v), *this; }
  WireMessage& U32(uint32_t v) { return writer_.U32(v), *this; }
  WireMessage& U64(uint64_t v) { return writer_.U64(v), *this; }
  WireMessage& Zeros(size_t count) { return writer_.Zeros(count), *this; }
  WireMessage& Put(const Bytes& bytes) { return writer_.Put(bytes), *this; }

  Bytes Build() const {
    Bytes bytes = writer_.bytes();
    bytes[2] = static_cast<uint8_t>(bytes.size() >> 8);
    bytes[3] = static_cast<uint8_t>(bytes.size());
    return bytes;
  }

 private:
  Writer writer_;
};

/// 1.2's ofp_match without fields: type OXM, length 4, padding.
inline Bytes EmptyMatch() { return {0, 1, 0, 4, 0, 0, 0, 0}; }

inline OfResult<Request> Decode(OfVersion version, const Bytes& bytes) {
  Dialect dialect;
  dialect.version = version;
  return DecodeRequest(dialect, bytes);
}

/// What is wrong with the message, or kCount if it can be decoded.
inline OfErrorId ErrorOf(OfVersion version, const Bytes& bytes) {
  const OfResult<Request> result = Decode(version, bytes);
  return result.ok() ? OfErrorId::kCount : result.status().id();
}

/// The message of type T that `bytes` are; fails the test and gives a default one if they are not.
template <typename T>
T DecodeAs(OfVersion version, const Bytes& bytes) {
  OfResult<Request> result = Decode(version, bytes);
  if (!result.ok()) {
    ADD_FAILURE() << NameOf(version) << ": " << result.status().ToString();
    return T{};
  }
  T* body = std::get_if<T>(&result->body);
  if (body == nullptr) {
    ADD_FAILURE() << NameOf(version) << ": another message, " << result->body.index();
    return T{};
  }
  return std::move(*body);
}

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_MESSAGE_CODEC_WIRE_MESSAGE_H_
