// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/action_writer.h"

#include <algorithm>

namespace vsw {

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
  for (size_t i = 0; i < pops; ++i) actions_.push_back(Action::PopVlan());
  if (rewrite) actions_.push_back(Action::SetVlanTci(to[push_from++].tci(view_)));
  for (size_t i = push_from; i < to.size(); ++i) {
    actions_.push_back(Action::PushVlan(to[i].tpid(view_), to[i].tci(view_)));
  }
}

}  // namespace vsw
