// SPDX-License-Identifier: Apache-2.0
//
// Questions that a key does not answer: what is behind a label that was taken off, how long the
// packet is, which bucket its hash selects. The translation ends there for this scope and the
// datapath looks the packet up again, with an id that stands for the question and its answer. Then
// the translation is gone through again in silence, from the frozen key, up to that question, and
// goes on aloud to the end of the scope in which it was asked.
//
// Where the packet itself is at hand (packet-out) the answer is found at once.
#ifndef VSW_OFPROTO_TRANSLATE_RECIRCULATION_H_
#define VSW_OFPROTO_TRANSLATE_RECIRCULATION_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>

#include "ofproto/translate/translation_context.h"

namespace vsw {

/// A packet that is at hand; for the slow thread.
class KnownPacket {
 public:
  using Parse = std::function<bool(std::span<const uint8_t> frame, FlowKey* key)>;
  KnownPacket(std::span<const uint8_t> frame, Parse parse)
      : frame_(frame), parse_(std::move(parse)) {}

  uint32_t bytes() const { return static_cast<uint32_t>(frame_.size()); }
  uint32_t hash() const { return hash_; }
  void set_hash(uint32_t hash) { hash_ = hash; }
  /// The key of the frame as `view` has it now, with what is uncovered; nullptr: malformed. Lives
  /// as long as this object.
  const FlowKey* ParseAgain(FieldView& view);

 private:
  std::span<const uint8_t> frame_;
  Parse parse_;
  uint32_t hash_ = 0;
  std::deque<FlowKey> keys_;
};

/// One of the answers to a question by hash.
struct WeightedAnswer {
  uint32_t answer;
  uint32_t weight;
};

/// Makes sure that the present headers are known. False: this scope ends here.
bool ParseAgain(TranslationContext& context);
/// Whether the packet is longer than `bytes`. Nothing: this scope ends here.
std::optional<bool> AskWhetherLonger(TranslationContext& context, uint16_t bytes);
/// One of `answers`, by the packet's hash. Nothing: this scope ends here.
/// REQUIRES: there is one with a weight.
std::optional<uint32_t> AskHash(TranslationContext& context,
                                std::span<const WeightedAnswer> answers, uint32_t basis);

/// Sets up the way back to the question that `recirc_id` stands for. nullptr: not known any more;
/// else the key of the first pass, which the view is to be made of.
const FlowKey* PrepareReplay(const FrozenPool& pool, uint32_t recirc_id, const FlowKey& packet,
                             TranslationContext::Replay* replay);

/// The most slots that a choice by hash has.
inline constexpr uint32_t kHashSlots = 256;

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_RECIRCULATION_H_
