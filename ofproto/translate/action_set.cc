// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/action_set.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ofproto/translate/execute_actions.h"
#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

// When an action of the set is done; kEach: all of its kind, in the order of writing, of the others
// the last. Of the final ones only the first that is there.
enum class Place : uint8_t {
  kCopyTtlIn,
  kPopVlan,
  kPopMpls,
  kPushMpls,
  kPushVlan,
  kCopyTtlOut,
  kDecIpTtl,
  kDecMplsTtl,
  kEach,
  kQueue,
  kGroup,
  kOutput,
  kResubmit,
  kNever,
};
constexpr size_t kPlaces = static_cast<size_t>(Place::kNever);

template <typename T, typename... Others>
inline constexpr bool kIs = (std::is_same_v<T, Others> || ...);

Place PlaceOf(const OfAction& action) {
  return std::visit(
      []<typename T>(const T&) {
        if constexpr (kIs<T, act::CopyTtlIn>) return Place::kCopyTtlIn;
        if constexpr (kIs<T, act::PopVlan>) return Place::kPopVlan;
        if constexpr (kIs<T, act::PopMpls>) return Place::kPopMpls;
        if constexpr (kIs<T, act::PushMpls>) return Place::kPushMpls;
        if constexpr (kIs<T, act::PushVlan>) return Place::kPushVlan;
        if constexpr (kIs<T, act::CopyTtlOut>) return Place::kCopyTtlOut;
        if constexpr (kIs<T, act::DecTtl>) return Place::kDecIpTtl;
        if constexpr (kIs<T, act::DecMplsTtl>) return Place::kDecMplsTtl;
        if constexpr (kIs<T, act::SetField, act::Move, act::SetVlanVid, act::SetVlanPcp,
                          act::SetMplsTtl, act::SetIpTtl, act::SetTunnel>) {
          return Place::kEach;
        }
        if constexpr (kIs<T, act::SetQueue>) return Place::kQueue;
        if constexpr (kIs<T, act::Group>) return Place::kGroup;
        if constexpr (kIs<T, act::Output, act::OutputReg, act::Enqueue>) return Place::kOutput;
        if constexpr (kIs<T, act::Resubmit>) return Place::kResubmit;
        return Place::kNever;
      },
      action.what);
}

class Sorted {
 public:
  static constexpr size_t kMostSets = 512;

  /// From the newest to the oldest.
  void Add(const OfAction& action) {
    const Place place = PlaceOf(action);
    if (place == Place::kNever) return;
    if (place == Place::kEach) {
      overflowed_ = overflowed_ || set_count_ == kMostSets;
      if (!overflowed_) sets_[set_count_++] = &action;
    } else if (const OfAction*& first = single_[static_cast<size_t>(place)]; first == nullptr) {
      first = &action;
    }
  }

  void Run(TranslationContext& context) const {
    if (overflowed_) return context.Fail(DropReason::kTooManySteps);
    const OfAction* last = nullptr;
    for (const Place place : {Place::kResubmit, Place::kOutput, Place::kGroup}) {
      if (At(place) != nullptr) last = At(place);
    }
    if (last == nullptr) return;  // without an output nothing of it matters
    for (size_t place = 0; place < static_cast<size_t>(Place::kEach); ++place) {
      if (single_[place] != nullptr && !ExecuteAction(context, *single_[place])) return;
    }
    for (size_t i = set_count_; i > 0; --i) {
      if (!ExecuteAction(context, *sets_[i - 1])) return;
    }
    if (At(Place::kQueue) != nullptr && !ExecuteAction(context, *At(Place::kQueue))) return;
    ExecuteAction(context, *last);
  }

 private:
  const OfAction* At(Place place) const { return single_[static_cast<size_t>(place)]; }

  std::array<const OfAction*, kPlaces> single_{};
  size_t set_count_ = 0;
  bool overflowed_ = false;
  std::array<const OfAction*, kMostSets> sets_;  // newest first
};

}  // namespace

void RunActionSet(TranslationContext& context) {
  if (context.stay.action_set == 0 || context.halted()) return;
  Sorted sorted;
  for (uint32_t at = std::exchange(context.stay.action_set, 0); at != 0;) {
    sorted.Add(*context.node(at).action);
    at = context.node(at).previous;
  }
  const TraceLevel level(context, [] { return TraceStep{"action-set", "action set:"}; });
  const ActionSource caller = std::exchange(context.stay.source, ActionSource::kActionSet);
  sorted.Run(context);
  context.stay.source = caller;
}

void RunAsActionSet(TranslationContext& context, const OfActions& actions) {
  Sorted sorted;
  for (auto action = actions.rbegin(); action != actions.rend(); ++action) sorted.Add(*action);
  sorted.Run(context);
}

uint32_t ActionSetOutput(const TranslationContext& context) {
  uint32_t port = kOfpUnset;
  for (uint32_t at = context.stay.action_set; at != 0; at = context.node(at).previous) {
    const OfAction& action = *context.node(at).action;
    if (std::holds_alternative<act::Group>(action.what)) return kOfpUnset;
    if (port != kOfpUnset) continue;
    if (const auto* output = std::get_if<act::Output>(&action.what)) port = output->port;
  }
  return port;
}

}  // namespace vsw
