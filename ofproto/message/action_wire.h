// SPDX-License-Identifier: Apache-2.0
//
// Actions as they stand on the wire: 1.0 section 5.2.4, 1.1 section A.2.5, 1.3 section 7.2.5, 1.5
// section 7.2.6, and Nicira's experimenter actions. One family of actions is one file; it has a
// table of what it decodes and an Encode() for each value that it writes. Within message/ only.
#ifndef VSW_OFPROTO_MESSAGE_ACTION_WIRE_H_
#define VSW_OFPROTO_MESSAGE_ACTION_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "ofproto/action/actions.h"
#include "ofproto/error.h"
#include "ofproto/message/field_wire.h"
#include "ofproto/message/messages.h"
#include "ofproto/message/wire.h"

namespace vsw {

inline constexpr uint32_t kNiciraId = 0x00002320;
inline constexpr uint32_t kOnfId = 0x4f4e4600;
inline constexpr unsigned kMaxActionDepth = 16;  // of lists within clone and ct
inline constexpr size_t kActionHeaderBytes = 4;
inline constexpr size_t kNiciraHeaderBytes = 10;  // type, length, experimenter, subtype

/// One action: `in` holds what stands behind its header, to its end.
struct ActionInput {
  OfVersion version;
  unsigned depth;  // lists that this one is within
  Reader in;
};
/// REQUIRES: the action's length is one that its table line allows.
using ActionDecoder = OfStatus (*)(ActionInput& input, OfActions* out);

/// A line of an action table. `bytes`: its length; with `longer` at least that.
struct StandardAction {
  uint16_t type;
  OfVersion since, until;
  uint16_t bytes;
  bool longer;
  ActionDecoder decode;
};
struct NiciraAction {
  uint16_t subtype;
  uint16_t bytes;
  bool longer;
  ActionDecoder decode;
};

/// DecodeActions() of a list that stands `depth` lists deep.
OfResult<OfActions> DecodeActionList(OfVersion version, std::span<const uint8_t> bytes,
                                     unsigned depth);

// The families.
std::span<const StandardAction> OutputActions();    // actions_output.cc
std::span<const NiciraAction> OutputActionsNx();    //
std::span<const StandardAction> HeaderActions();    // actions_header.cc
std::span<const NiciraAction> HeaderActionsNx();    //
std::span<const StandardAction> SetFieldActions();  // actions_set_field.cc
std::span<const NiciraAction> SetFieldActionsNx();  //
std::span<const NiciraAction> ControlActionsNx();   // actions_control.cc
std::span<const NiciraAction> ChoiceActionsNx();    // actions_choice.cc
std::span<const NiciraAction> LearnActionsNx();     // actions_learn.cc
std::span<const NiciraAction> TrackActionsNx();     // actions_track.cc

/// 1.3's copy_field is an extension of ONF (EXT-320); its subtype is checked.
OfStatus DecodeOnfAction(ActionInput& input, OfActions* out);

/// What is known of the packets at some place of a list. Actions of 1.0 that do what fits the packet
/// become, in later versions, those that fit.
struct KnownHeaders {
  bool tagged = false, tagged_twice = false;
  uint8_t ip_proto = 0;  // 0: not known

  KnownHeaders() = default;
  explicit KnownHeaders(const Match& match);
};

struct ActionOutput {
  OfVersion version;
  Writer* to;
  KnownHeaders known{};
};

/// An action being written: its header, then what its user writes, then padding to 8 bytes and the
/// length when it goes out of scope.
class ActionFrame {
 public:
  ActionFrame(ActionOutput& out, uint16_t type) : to_(out.to), start_(out.to->size()) {
    to_->U16(type);
    to_->U16(0);
  }
  ~ActionFrame() {
    to_->Align8(start_);
    to_->PatchU16(start_ + 2, static_cast<uint16_t>(to_->size() - start_));
  }
  ActionFrame(const ActionFrame&) = delete;
  ActionFrame& operator=(const ActionFrame&) = delete;

 protected:
  Writer* const to_;
  const size_t start_;
};

class NiciraFrame : public ActionFrame {
 public:
  NiciraFrame(ActionOutput& out, uint16_t subtype) : ActionFrame(out, 0xffff) {
    to_->U32(kNiciraId);
    to_->U16(subtype);
  }
  /// Zeros until the action has `bytes`.
  void PadTo(size_t bytes) {
    const size_t written = to_->size() - start_;
    if (written < bytes) to_->Zeros(bytes - written);
  }
};

void Encode(const act::Output& a, ActionOutput& out);
void Encode(const act::OutputReg& a, ActionOutput& out);
void Encode(const act::Enqueue& a, ActionOutput& out);
void Encode(const act::SetQueue& a, ActionOutput& out);
void Encode(const act::PopQueue& a, ActionOutput& out);
void Encode(const act::Controller& a, ActionOutput& out);
void Encode(const act::SetField& a, ActionOutput& out);
void Encode(const act::Move& a, ActionOutput& out);
void Encode(const act::StackPush& a, ActionOutput& out);
void Encode(const act::StackPop& a, ActionOutput& out);
void Encode(const act::PushVlan& a, ActionOutput& out);
void Encode(const act::PopVlan& a, ActionOutput& out);
void Encode(const act::SetVlanVid& a, ActionOutput& out);
void Encode(const act::SetVlanPcp& a, ActionOutput& out);
void Encode(const act::PushMpls& a, ActionOutput& out);
void Encode(const act::PopMpls& a, ActionOutput& out);
void Encode(const act::SetMplsTtl& a, ActionOutput& out);
void Encode(const act::DecMplsTtl& a, ActionOutput& out);
void Encode(const act::SetIpTtl& a, ActionOutput& out);
void Encode(const act::DecTtl& a, ActionOutput& out);
void Encode(const act::CopyTtlOut& a, ActionOutput& out);
void Encode(const act::CopyTtlIn& a, ActionOutput& out);
void Encode(const act::Group& a, ActionOutput& out);
void Encode(const act::Meter& a, ActionOutput& out);
void Encode(const act::Resubmit& a, ActionOutput& out);
void Encode(const act::SetTunnel& a, ActionOutput& out);
void Encode(const act::Learn& a, ActionOutput& out);
void Encode(const act::Conjunction& a, ActionOutput& out);
void Encode(const act::Multipath& a, ActionOutput& out);
void Encode(const act::Bundle& a, ActionOutput& out);
void Encode(const act::Note& a, ActionOutput& out);
void Encode(const act::Exit& a, ActionOutput& out);
void Encode(const act::FinTimeout& a, ActionOutput& out);
void Encode(const act::CheckPktLarger& a, ActionOutput& out);
void Encode(const act::Clone& a, ActionOutput& out);
void Encode(const act::Ct& a, ActionOutput& out);
void Encode(const act::CtClear& a, ActionOutput& out);
void Encode(const act::Nat& a, ActionOutput& out);

/// NXAST_WRITE_METADATA, which 1.0 has in place of the instruction.
void EncodeWriteMetadata(uint64_t metadata, uint64_t mask, ActionOutput& out);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_ACTION_WIRE_H_
