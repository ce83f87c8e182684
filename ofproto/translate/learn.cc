// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/learn.h"

#include "ofproto/table/rule.h"
#include "ofproto/translate/field_actions.h"
#include "ofproto/translate/notes.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

constexpr uint16_t kFinBit = 0, kRstBit = 2;

uint64_t HashOf(std::span<const uint8_t> bytes) {
  uint64_t hash = bytes.size();
  for (const uint8_t byte : bytes) hash = internal::MixTag(hash ^ byte);
  return hash;
}

[[gnu::noinline]] void AddLearnNote(TranslationContext& context, const act::Learn& learn) {
  const BridgeId bridge = context.stay.bridge->id;
  SmallNoteWriter rule;
  EncodeLearned(learn, context.view, &rule);
  const Tag tag = LearnedTag(bridge, HashOf(rule.span()));
  context.DependOn(tag);
  SmallNoteWriter note;
  const uint64_t rule_id = context.stay.rule == nullptr ? 0 : context.stay.rule->id;
  EncodeLearn({.bridge = bridge, .rule_id = rule_id, .learner = tag}, learn, context.view, &note);
  if (note.overflowed()) return context.Fail(DropReason::kTooManyActions);
  context.AddNote(note.span());
  Tell(context, [&] { return DescribeNote(note.span()); });
}

}  // namespace

void LearnRule(TranslationContext& context, const act::Learn& learn) {
  if (!ParseAgain(context)) return;
  // Without what a spec reads there is nothing to be learned from the packet.
  for (const act::LearnSpec& spec : learn.specs) {
    if (!spec.from_immediate && !context.view.Has(spec.source.field)) return;
  }
  AddLearnNote(context, learn);
  if (learn.write_result) WriteSubfield(context, learn.result, FieldValue::OfU64(1));
}

void ReduceTimeouts(TranslationContext& context, const act::FinTimeout& timeout) {
  if (!ParseAgain(context) || !context.view.Has(FieldId::kTcpFlags)) return;
  const auto has_flag = [&context](uint16_t bit) {
    return !context.view.Read(Subfield{FieldId::kTcpFlags, bit, 1}).is_zero();
  };
  if ((!has_flag(kFinBit) && !has_flag(kRstBit)) || context.stay.rule == nullptr) return;
  SmallNoteWriter note;
  EncodeFinTimeout({.bridge = context.stay.bridge->id,
                    .rule_id = context.stay.rule->id,
                    .table = context.stay.table,
                    .idle = timeout.idle,
                    .hard = timeout.hard},
                   &note);
  context.AddNote(note.span());
}

}  // namespace vsw
