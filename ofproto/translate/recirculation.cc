// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/recirculation.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

constexpr uint16_t kFirstType = 0x0600;  // below: a length (IEEE 802.3 section 3.2.6)

// Makes what says of what follows what it was written to be.
void PutWhatFollows(FieldView& view, std::span<uint8_t> l3) {
  constexpr uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd;
  constexpr uint8_t kExtensions[] = {0, 43, 44, 51, 60};
  const uint16_t type = view.present_eth_type();
  if (type == kTypeIpv4 && l3.size() >= 20) l3[9] = view.ip_proto();
  if (type == kTypeIpv6 && l3.size() >= 40 && std::ranges::count(kExtensions, l3[6]) == 0) {
    l3[6] = view.ip_proto();
  }
  if (view.is_mpls() && l3.size() >= 4) {
    const auto bottom = static_cast<uint8_t>(view.Read(FieldId::kMplsBos).low64());
    l3[2] = static_cast<uint8_t>((l3[2] & 0xfe) | bottom);
  }
}

bool IsVlanType(uint16_t type) { return type == kTpidVlan || type == kTpidService; }

// Where the present translation asks: the next ordinal, in a run that goes through it again too.
// Gives the answer if that run is to go on from here.
std::optional<uint32_t> AnswerOfReplay(TranslationContext& context, uint32_t ordinal) {
  TranslationContext::Replay& replay = context.replay;
  const FrozenPacket& frozen = *replay.chain[replay.next];
  if (ordinal != frozen.ordinal) {
    context.Stop();  // another branch, which came back or will come back by itself
    return std::nullopt;
  }
  if (context.way_hash != frozen.way) {
    // Other rules lead here than those that sent the packet around.
    context.Fail(DropReason::kRecirculationStale);
    context.SetUncacheable();
    return std::nullopt;
  }
  ++replay.next;
  const bool last = replay.next == replay.length;
  context.view.Rebase(last ? *replay.packet : replay.chain[replay.next]->key);
  context.writer.Rebase();
  context.Resume();
  context.WentBy(frozen.answer + 1);
  if (context.trace != nullptr && last) context.trace->Resumed(frozen.answer);
  return frozen.answer;
}

class Freezer {
 public:
  Freezer(TranslationContext& context, uint32_t ordinal) : context_(context) {
    packet_.Clear();
    context_.writer.Commit(context_.view.tags());
    packet_.parent = context_.replay.id;
    packet_.ordinal = ordinal;
    packet_.way = context_.way_hash;
    context_.view.CopyMarkedKey(&packet_.key);
  }

  /// 0: no room; the packet is dropped then.
  uint32_t IdFor(uint32_t answer) {
    packet_.answer = answer;
    const uint32_t id = context_.frozen == nullptr ? 0 : context_.frozen->Intern(packet_);
    if (id == 0) {
      context_.Fail(DropReason::kRecirculationFull);
      context_.SetUncacheable();
    }
    return id;
  }

  void Send(const Action& action, std::span<const uint8_t> data = {}) {
    if (context_.trace != nullptr) context_.trace->Recirculates(action);
    context_.writer.AppendLast(action, data);
    context_.Stop();
  }

 private:
  TranslationContext& context_;
  FrozenPacket packet_;
};

// How many of `slots` each answer gets: its share by weight, none with a weight getting nothing.
std::array<uint16_t, kHashSlots> ShareSlots(std::span<const WeightedAnswer> answers,
                                            uint32_t* slots) {
  uint64_t total = 0, divisor = 0;
  for (const WeightedAnswer& answer : answers) {
    total += answer.weight;
    divisor = std::gcd(divisor, uint64_t{answer.weight});
  }
  *slots = static_cast<uint32_t>(std::min<uint64_t>(total / divisor, kHashSlots));
  std::array<uint16_t, kHashSlots> shares{};
  uint64_t sum = 0, given = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    sum += answers[i].weight;
    const uint64_t upto = (sum * *slots + total / 2) / total;
    shares[i] = static_cast<uint16_t>(upto - given);
    given = upto;
  }
  return shares;
}

}  // namespace

const FlowKey* KnownPacket::ParseAgain(FieldView& view) {
  constexpr size_t kAddresses = 12;
  if (frame_.size() < kAddresses + 2) return nullptr;
  const auto type_at = [this](size_t at) {
    return at + 2 > frame_.size() ? 0u : static_cast<unsigned>(frame_[at] << 8 | frame_[at + 1]);
  };
  size_t received = 0, payload = kAddresses;
  while (IsVlanType(static_cast<uint16_t>(type_at(payload)))) {
    payload += 4;
    ++received;
  }
  std::vector<uint8_t> frame;
  const auto put = [&frame](std::span<const uint8_t> bytes) {
    frame.insert(frame.end(), bytes.begin(), bytes.end());
  };
  const auto put16 = [&frame](uint16_t value) {
    frame.push_back(static_cast<uint8_t>(value >> 8));
    frame.push_back(static_cast<uint8_t>(value));
  };
  put(view.eth_dst().octets);
  put(view.eth_src().octets);
  const FrameTags& tags = view.tags();
  for (size_t depth = 0; depth < tags.added(); ++depth) {
    const FrameTag tag = tags.At(depth);
    put16(tag.tpid(view));
    put16(tag.tci(view));
  }
  for (size_t i = tags.received_gone(); i < received; ++i) {
    put(frame_.subspan(kAddresses + 4 * i, 4));
  }
  const size_t labels = view.received_labels_gone();
  const auto type = static_cast<uint16_t>(type_at(payload));
  const bool in_key = labels > 0 || (received <= kKeyVlanTags && type >= kFirstType);
  put16(in_key ? view.present_eth_type() : type);
  const size_t l3 = frame.size(), rest = payload + 2 + labels * 4;
  if (rest < frame_.size()) put(frame_.subspan(rest));
  if (labels == 0 && in_key) PutWhatFollows(view, std::span(frame).subspan(l3));
  keys_.emplace_back();
  if (!parse_(frame, &keys_.back())) return nullptr;
  rebuilt_ = std::move(frame);
  frame_ = rebuilt_;
  DefineLines(&keys_.back(), kAllLines);
  return &keys_.back();
}

bool ParseAgain(TranslationContext& context) {
  if (context.halted()) return false;
  if (!context.view.needs_parsing()) return true;
  const uint32_t ordinal = context.next_ordinal++;
  if (context.silent()) return AnswerOfReplay(context, ordinal).has_value();
  if (context.known != nullptr) {
    context.writer.Commit(context.view.tags());
    const FlowKey* key = context.known->ParseAgain(context.view);
    if (key == nullptr) {
      context.Fail(DropReason::kRxMalformed);
      return false;
    }
    context.view.Rebase(*key);
    context.writer.Rebase();
    return true;
  }
  Freezer freezer(context, ordinal);
  if (const uint32_t id = freezer.IdFor(0); id != 0) freezer.Send(Action::Recirculate(id));
  return false;
}

std::optional<bool> AskWhetherLonger(TranslationContext& context, uint16_t bytes) {
  const uint32_t ordinal = context.next_ordinal++;
  if (context.silent()) {
    const std::optional<uint32_t> answer = AnswerOfReplay(context, ordinal);
    return answer.has_value() ? std::optional(*answer != 0) : std::nullopt;
  }
  if (context.known != nullptr) return context.known->bytes() > bytes;
  Freezer freezer(context, ordinal);
  const uint32_t longer = freezer.IdFor(1), others = freezer.IdFor(0);
  if (longer != 0 && others != 0) {
    freezer.Send({.type = ActionType::kRecirculateByLength,
                  .small = bytes,
                  .value = longer,
                  .mask = others});
  }
  return std::nullopt;
}

std::optional<uint32_t> AskHash(TranslationContext& context,
                                std::span<const WeightedAnswer> answers, uint32_t basis) {
  const uint32_t ordinal = context.next_ordinal++;
  if (context.silent()) return AnswerOfReplay(context, ordinal);
  uint32_t slots = 0;
  const auto shares = ShareSlots(answers, &slots);
  if (context.known != nullptr) {
    uint32_t slot = context.known->hash() % slots;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (slot < shares[i]) return answers[i].answer;
      slot -= shares[i];
    }
  }
  Freezer freezer(context, ordinal);
  std::array<uint32_t, kHashSlots> ids;
  uint32_t filled = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (shares[i] == 0) continue;
    const uint32_t id = freezer.IdFor(answers[i].answer);
    if (id == 0) return std::nullopt;
    for (uint16_t n = 0; n < shares[i]; ++n) ids[filled++] = id;
  }
  freezer.Send({.type = ActionType::kRecirculateByHash, .value = filled, .mask = basis},
               {reinterpret_cast<const uint8_t*>(ids.data()), filled * sizeof(uint32_t)});
  return std::nullopt;
}

const FlowKey* PrepareReplay(const FrozenPool& pool, uint32_t recirc_id, const FlowKey& packet,
                             TranslationContext::Replay* replay) {
  replay->id = recirc_id;
  replay->packet = &packet;
  size_t count = 0;
  for (uint32_t id = recirc_id; id != 0;) {
    const FrozenPacket* frozen = pool.Find(id);
    if (frozen == nullptr || count == replay->chain.size()) return nullptr;
    replay->chain[count++] = frozen;
    id = frozen->parent;
  }
  std::reverse(replay->chain.begin(), replay->chain.begin() + static_cast<std::ptrdiff_t>(count));
  replay->length = count;
  return &replay->chain[0]->key;
}

}  // namespace vsw
