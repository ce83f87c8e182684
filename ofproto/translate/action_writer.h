// SPDX-License-Identifier: Apache-2.0
//
// Writes the action list of one translation. It knows which tags the frame bears at the end of what
// is written so far, and before each output writes the fewest steps that make it bear those that
// are wanted there.
#ifndef VSW_OFPROTO_TRANSLATE_ACTION_WRITER_H_
#define VSW_OFPROTO_TRANSLATE_ACTION_WRITER_H_

#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "ofproto/translate/field_view.h"
#include "ofproto/translate/frame_tags.h"

namespace vsw {

class ActionWriter {
 public:
  using Actions = BoundedVector<Action, kMaxActions>;

  ActionWriter(FieldView& view, Actions& actions) : view_(view), actions_(actions) {}

  /// Sends the frame to `port` with `tags` on it.
  void Output(PortNo port, const FrameTags& tags) {
    Become(tags);
    actions_.push_back(Action::Output(port));
  }

 private:
  void Become(const FrameTags& tags);

  FieldView& view_;
  Actions& actions_;
  FrameTags now_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_ACTION_WRITER_H_
