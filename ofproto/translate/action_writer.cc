// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/action_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace vsw {
namespace {

constexpr size_t kMplsWord = offsetof(FlowKey, mpls) / sizeof(uint32_t);

}  // namespace

void ActionWriter::Output(PortNo port, uint16_t max_bytes, const FrameTags& tags) {
  if (silent_) return;
  Commit(tags);
  Append(Action::Output(port, max_bytes));
}

void ActionWriter::Commit(const FrameTags& tags) {
  if (silent_) return;
  WriteWords();
  Become(tags);
}

void ActionWriter::AppendWithData(const Action& action, std::span<const uint8_t> data) {
  if (silent_) return;
  Push(action);
  for (size_t at = 0; at < data.size(); at += sizeof(Action)) {
    Action slot{};
    std::memcpy(static_cast<void*>(&slot), data.data() + at,
                std::min(sizeof(slot), data.size() - at));
    Push(slot);
  }
  effective_end_ = actions_.size();
  effective_modified_ = modified_;
  last_clone_ = kNone;
}

void ActionWriter::AppendLast(const Action& action, std::span<const uint8_t> data) {
  modified_ = true;
  AppendWithData(action, data);
}

void ActionWriter::PushMpls(uint16_t ethertype, uint32_t entry) {
  if (silent_) return;
  Push(Action::PushMpls(ethertype, entry));
  modified_ = true;
}

void ActionWriter::PopMpls(uint16_t ethertype) {
  if (silent_) return;
  view_.TakePending(kMplsWord);
  WriteWords();
  Push(Action::PopMpls(ethertype));
  modified_ = true;
}

void ActionWriter::AppendMeter(uint32_t meter) {
  if (silent_) return;
  // A remark of the DSCP must not be overwritten by what was set before it.
  WriteWords();
  view_.ForgetTos();
  conditional_ = modified_ = true;
  Append(Action::Meter(meter));
}

void ActionWriter::Open(Scope* scope) {
  // Changes under way are made once, not in each of the scopes that follow.
  if (!silent_) WriteWords();
  *scope = {.tags = now_,
            .start = actions_.size(),
            .effective_end = effective_end_,
            .last_clone = last_clone_,
            .modified = modified_,
            .effective_modified = effective_modified_,
            .conditional = conditional_,
            .silent = silent_};
  modified_ = effective_modified_ = false;
  if (silent_) return;
  Push(Action::Clone(0));
  effective_end_ = actions_.size();
  last_clone_ = kNone;
}

void ActionWriter::Close(const Scope& scope) {
  conditional_ = scope.conditional;
  // A scope that was entered in silence has no place in the list, even if it was left aloud.
  if (silent_ || scope.silent || actions_.overflowed()) return;
  Trim(scope.start + 1);
  if (actions_.size() == scope.start + 1) {
    actions_.truncate(scope.start);
    effective_end_ = scope.effective_end;
    now_ = scope.tags;
    last_clone_ = scope.last_clone;
    modified_ = scope.modified;
    effective_modified_ = scope.effective_modified;
    return;
  }
  if (effective_modified_) {
    actions_[scope.start].value = static_cast<uint32_t>(actions_.size() - scope.start - 1);
    last_clone_ = scope.start;
    now_ = scope.tags;
  } else {
    actions_.erase(scope.start);
    effective_end_ = actions_.size();
    last_clone_ = kNone;
  }
  modified_ = effective_modified_ = scope.modified;
}

void ActionWriter::Trim(size_t start) {
  if (actions_.overflowed()) return;
  actions_.truncate(std::max(effective_end_, start));
  // What is done on a copy at the very end can as well be done on the packet itself.
  if (last_clone_ != kNone && last_clone_ >= start) {
    actions_.erase(last_clone_);
    effective_end_ = actions_.size();
    last_clone_ = kNone;
    effective_modified_ = true;
  }
}

void ActionWriter::WriteWords() {
  if (silent_) return;
  for (uint64_t words = view_.pending_words(); words != 0; words &= words - 1) {
    const auto index = static_cast<size_t>(std::countr_zero(words));
    const FieldView::Pending pending = view_.TakePending(index);
    if (pending.mask == 0) continue;
    if (index == kMplsWord) {
      Push(Action::SetMpls(ByteSwap(pending.value), ByteSwap(pending.mask)));
    } else {
      Push(Action::SetWord(static_cast<uint8_t>(index), pending.value, pending.mask));
    }
    modified_ = true;
  }
}

void ActionWriter::Become(const FrameTags& tags) {
  const size_t base = std::max(now_.received_gone(), tags.received_gone());
  FrameTags::Stack from, to;
  now_.Above(base, &from);
  tags.Above(base, &to);
  now_ = tags;

  size_t same = 0;
  while (same < from.size() && same < to.size() && from[same] == to[same]) ++same;
  size_t push_from = same;
  size_t pops = from.size() - same;
  // One tag turned into another of its type costs one step instead of two.
  const bool rewrite = pops > 0 && same < to.size() && from[same].SameTpid(to[same], view_);
  if (rewrite) --pops;
  for (size_t i = 0; i < pops; ++i) Push(Action::PopVlan());
  if (rewrite) Push(Action::SetVlanTci(to[push_from++].tci(view_)));
  for (size_t i = push_from; i < to.size(); ++i) {
    Push(Action::PushVlan(to[i].tpid(view_), to[i].tci(view_)));
  }
}

}  // namespace vsw
