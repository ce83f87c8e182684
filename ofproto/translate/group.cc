// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/group.h"

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "ofproto/group/group_map.h"
#include "ofproto/translate/action_set.h"
#include "ofproto/translate/link_choice.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

constexpr int kMaxWatchDepth = 16;

const GroupEntry* Find(TranslationContext& context, uint32_t group) {
  context.DependOn(GroupTag(context.stay.bridge->id, group));
  const PipelineState* state = context.stay.state;
  return state == nullptr || state->groups == nullptr ? nullptr : state->groups->Find(group);
}

bool IsPortLive(TranslationContext& context, uint32_t port) {
  const PortRules* rules = context.stay.bridge->FindOfPort(port);
  context.DependOn(rules == nullptr ? FloodTag(context.stay.bridge->id) : PortTag(rules->number));
  return rules != nullptr && context.IsLive(*rules);
}

// A bucket that watches nothing is always alive; else one that it watches must be (1.3 section
// 6.5).
bool IsLive(TranslationContext& context, const Bucket& bucket, int depth) {
  if (bucket.watch_port == kOfpAny && bucket.watch_group == kGroupAny) return true;
  if (bucket.watch_port != kOfpAny && IsPortLive(context, bucket.watch_port)) return true;
  if (bucket.watch_group == kGroupAny || depth == kMaxWatchDepth) return false;
  const GroupEntry* watched = Find(context, bucket.watch_group);
  if (watched == nullptr) return false;
  for (const Bucket& other : watched->desc.buckets) {
    if (!context.Step()) return false;
    if (IsLive(context, other, depth + 1)) return true;
  }
  return false;
}

void RunBucket(TranslationContext& context, const GroupEntry& group, size_t index) {
  if (!context.Step()) return;
  const Bucket& bucket = group.desc.buckets[index];
  const TraceLevel level(context, [&] { return DescribeBucket(bucket, index); });
  const TranslationContext::Scope scope(context);
  context.stay.source = ActionSource::kGroup;
  context.WentBy(uint64_t{1} << 63 | bucket.id);
  context.Count(group.bucket_stats[index]);
  RunAsActionSet(context, bucket.actions);
}

std::optional<size_t> BestByFields(TranslationContext& context, const GroupDesc& desc,
                                   std::span<const WeightedAnswer> live) {
  if (!ParseAgain(context)) return std::nullopt;
  const uint32_t hash = HashOfFields(context, desc.selection_fields, desc.selection_parameter);
  size_t best = 0;
  uint64_t best_score = 0;
  for (const WeightedAnswer& answer : live) {
    const uint64_t score =
        (MixHash(hash, desc.buckets[answer.answer].id) & 0xffffULL) * answer.weight;
    if (&answer != live.data() && score <= best_score) continue;
    best = answer.answer;
    best_score = score;
  }
  return best;
}

void Select(TranslationContext& context, const GroupEntry& group) {
  const GroupDesc& desc = group.desc;
  std::array<WeightedAnswer, kHashSlots> live;
  size_t count = 0;
  for (size_t i = 0; i < desc.buckets.size() && count < live.size(); ++i) {
    if (desc.buckets[i].weight == 0 || !IsLive(context, desc.buckets[i], 0)) continue;
    live[count++] = {.answer = static_cast<uint32_t>(i), .weight = desc.buckets[i].weight};
  }
  if (count == 0) return context.Drop(DropReason::kNoLiveBucket);
  if (count == 1) return RunBucket(context, group, live[0].answer);
  const std::span<const WeightedAnswer> answers(live.data(), count);
  if (desc.selection_method == "hash" && !desc.selection_fields.empty()) {
    const std::optional<size_t> best = BestByFields(context, desc, answers);
    if (best.has_value()) RunBucket(context, group, *best);
    return;
  }
  // The packet itself may have to come back for its hash; what follows the group does not wait.
  const TranslationContext::Scope scope(context);
  const auto basis = static_cast<uint32_t>(desc.selection_parameter);
  const std::optional<uint32_t> answer = AskHash(context, answers, basis);
  if (answer.has_value()) RunBucket(context, group, *answer);
}

void RunFirstLive(TranslationContext& context, const GroupEntry& group) {
  for (size_t i = 0; i < group.desc.buckets.size(); ++i) {
    if (IsLive(context, group.desc.buckets[i], 0)) return RunBucket(context, group, i);
  }
  context.Drop(DropReason::kNoLiveBucket);
}

}  // namespace

void SendToGroup(TranslationContext& context, uint32_t number) {
  const GroupEntry* group = Find(context, number);
  if (group == nullptr || group->desc.buckets.empty()) {
    if (group != nullptr) context.Count(group->stat);
    return context.Drop(DropReason::kNoLiveBucket);
  }
  if (context.IsInGroup(number)) return context.Fail(DropReason::kGroupLoop);
  const TranslationContext::Level level(context, true);
  if (!level.ok()) return;
  const TranslationContext::GroupStay stay(context, number);
  context.WentBy(group->id);
  context.Count(group->stat);
  switch (group->desc.type) {
    case GroupType::kAll:
    case GroupType::kIndirect:
      for (size_t i = 0; i < group->desc.buckets.size() && !context.halted(); ++i) {
        RunBucket(context, *group, i);
      }
      return;
    case GroupType::kSelect:
      return Select(context, *group);
    case GroupType::kFastFailover:
      return RunFirstLive(context, *group);
  }
}

}  // namespace vsw
