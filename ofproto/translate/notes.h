// SPDX-License-Identifier: Apache-2.0
//
// What a translation hands to the slow thread, as bytes: notes (learn, fin_timeout) and the blobs
// of packets for controllers. Encoders run on workers and allocate nothing; decoders run on the
// slow thread. The form is known here alone.
#ifndef VSW_OFPROTO_TRANSLATE_NOTES_H_
#define VSW_OFPROTO_TRANSLATE_NOTES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/translation.h"
#include "ofproto/message/messages.h"
#include "ofproto/translate/field_view.h"

namespace vsw {

/// A rule to be entered (act::Learn).
struct LearnNote {
  BridgeId bridge{};
  uint64_t rule_id = 0;  // of the rule whose action it was
  FlowMod mod;
  uint32_t limit = 0;           // most rules with this cookie in that table; 0: any number
  bool delete_learned = false;  // they go with the rule that made them
  Tag learner = 0;              // TableSet::ModOptions::learner
};
/// A connection ends: the rule's timeouts are reduced (act::FinTimeout).
struct FinTimeoutNote {
  BridgeId bridge{};
  uint64_t rule_id = 0;
  uint8_t table = 0;
  uint16_t idle = 0, hard = 0;
};
/// A source address seen behind one of the remotes of a tunnel port.
struct RemoteNote {
  BridgeId bridge{};
  VlanId vlan{};
  MacAddress mac;
  PortNo port{};
  IpAddress remote;
};
using DecodedNote = std::variant<LearnNote, FinTimeoutNote, RemoteNote>;

/// Nothing: not a note.
std::optional<DecodedNote> DecodeNote(std::span<const uint8_t> note);

/// What a packet-in says besides the packet.
struct PacketInFacts {
  BridgeId bridge{};
  PacketInReason reason = PacketInReason::kAction;
  uint8_t table = 0;
  uint64_t cookie = 0;
  uint16_t controller_id = 0;
  uint16_t max_bytes = 0xffff;
  std::span<const uint8_t> userdata;
};

/// Bytes in a buffer of fixed size. Past its end nothing is written, and remembered.
template <size_t kCapacity>
class NoteWriter {
 public:
  template <typename T>
  void Put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    PutBytes({reinterpret_cast<const uint8_t*>(&value), sizeof(value)});
  }
  void PutBytes(std::span<const uint8_t> bytes) {
    if (size_ + bytes.size() > kCapacity) {
      overflowed_ = true;
    } else if (!bytes.empty()) {
      std::memcpy(bytes_.data() + size_, bytes.data(), bytes.size());
      size_ += bytes.size();
    }
  }
  bool overflowed() const { return overflowed_; }
  std::span<const uint8_t> span() const { return {bytes_.data(), size_}; }

 private:
  size_t size_ = 0;
  bool overflowed_ = false;
  std::array<uint8_t, kCapacity> bytes_;
};

/// As large as userdata can be, with room for the rest.
using BlobWriter = NoteWriter<66 * 1024>;
using SmallNoteWriter = NoteWriter<4096>;

/// Writes a controller blob. Marks the packet's tunnel fields, which go with it.
void EncodePacketIn(const PacketInFacts& facts, FieldView& view, BlobWriter* blob);
/// `packet`: as SlowPath::OnUpcall() got it. Nothing: not a blob.
std::optional<std::pair<BridgeId, PacketIn>> DecodePacketIn(std::span<const uint8_t> blob,
                                                            std::span<const uint8_t> packet,
                                                            uint32_t total_bytes);

/// Writes a LearnNote: its head, then one Spec for each match, load and output.
struct LearnHead {
  BridgeId bridge;
  uint64_t rule_id;
  uint64_t learner;
};
void EncodeLearn(const LearnHead& head, const act::Learn& learn, FieldView& view,
                 SmallNoteWriter* note);
/// The values that the rule would have, as bytes that are equal for equal rules.
void EncodeLearned(const act::Learn& learn, FieldView& view, SmallNoteWriter* note);

void EncodeFinTimeout(const FinTimeoutNote& what, SmallNoteWriter* note);

void EncodeRemote(const RemoteNote& what, SmallNoteWriter* note);

/// The blob of a BFD packet that came by `port`.
void EncodeBfd(PortNo port, SmallNoteWriter* blob);
/// Nothing: another blob.
std::optional<PortNo> DecodeBfd(std::span<const uint8_t> blob);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_NOTES_H_
