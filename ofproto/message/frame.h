// SPDX-License-Identifier: Apache-2.0
//
// What surrounds every message that is sent: the header of each message, the second header of
// multipart replies and of experimenter messages, and the cutting of long replies. Used by the
// files of the message families alone.
#ifndef VSW_OFPROTO_MESSAGE_FRAME_H_
#define VSW_OFPROTO_MESSAGE_FRAME_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "ofproto/error.h"
#include "ofproto/message/codec.h"
#include "ofproto/message/wire.h"

namespace vsw {

inline constexpr uint32_t kNiciraId = 0x00002320;
inline constexpr uint32_t kOnfId = 0x4f4e4600;
inline constexpr uint32_t kNetronomeId = 0x0000154d;
inline constexpr size_t kMaxMessageBytes = 0xffff;

/// Types of messages that the switch sends (1.3 section 7.1); where 1.0 differs, both.
namespace of_type {
inline constexpr uint8_t kHello = 0, kError = 1, kEchoRequest = 2, kEchoReply = 3,
                         kExperimenter = 4, kFeaturesReply = 6, kConfigReply = 8, kPacketIn = 10,
                         kFlowRemoved = 11, kPortStatus = 12, kGroupMod = 15,
                         kQueueConfigReply = 23, kQueueConfigReply10 = 21, kMultipartReply = 19,
                         kMultipartReply10 = 17, kBarrierReply = 21, kBarrierReply10 = 19,
                         kRoleReply = 25, kAsyncReply = 27, kMeterMod = 29, kRoleStatus = 30,
                         kTableStatus = 31, kRequestForward = 32, kBundleControl = 33;
}

/// One message being written: the header, of which Finish() fills in the length.
class OutMessage : public Writer {
 public:
  OutMessage(OfVersion version, uint8_t type, uint32_t xid);
  /// An experimenter message (vendor message in 1.0).
  OutMessage(OfVersion version, uint32_t experimenter, uint32_t subtype, uint32_t xid);
  /// REQUIRES: not above kMaxMessageBytes.
  Bytes Finish();
};

/// What the second header of a multipart reply says.
struct MultipartKind {
  uint16_t type;
  uint32_t experimenter = 0;  // with type kMultipartExperimenter
  uint32_t subtype = 0;
};
inline constexpr uint16_t kMultipartExperimenter = 0xffff;
inline constexpr uint32_t kOnfFlowMonitor = 1870;  // pausing and resuming have the next numbers

/// A multipart reply of as many messages as its entries need (1.3 section 7.3.5). An entry is never
/// cut; MORE stands in all messages but the last.
class MultipartReply {
 public:
  MultipartReply(OfVersion version, uint32_t xid, MultipartKind kind);

  /// False, and nothing is added, if `entry` is too long for any message.
  bool Add(std::span<const uint8_t> entry);
  bool Add(const Writer& entry) { return Add(entry.bytes()); }
  std::vector<Bytes> Finish();

 private:
  void Begin();

  OfVersion version_;
  uint32_t xid_;
  MultipartKind kind_;
  size_t header_bytes_ = 0;
  Bytes current_;
  std::vector<Bytes> done_;
};

/// A property (1.4 section 7.2.2 and alike): its type, and its bytes behind type and length.
struct Property {
  uint16_t type;
  std::span<const uint8_t> payload;
};
/// The next of a list of properties, each padded to 8 bytes.
OfResult<Property> ReadProperty(Reader* in);
/// Writes type and a length to be filled in by EndProperty(), which pads to 8 bytes as well.
size_t BeginProperty(uint16_t type, Writer* out);
void EndProperty(size_t start, Writer* out);

/// Seconds and nanoseconds, as all durations are written.
void PutDuration(uint64_t duration_ns, Writer* out);
void PutMac(const MacAddress& mac, Writer* out);
MacAddress TakeMac(Reader* in);

/// Ports in the width of the version: 16 bits in 1.0, 32 from 1.1 on.
void PutPort(OfVersion version, uint32_t port, Writer* out);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_FRAME_H_
