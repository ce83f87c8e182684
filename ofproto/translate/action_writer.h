// SPDX-License-Identifier: Apache-2.0
//
// Writes the action list of one translation. It knows how the frame stands at the end of what is
// written so far, and before each output writes the fewest steps that make it what it is in the
// view: header words, labels and VLAN tags. While silent (a translation that is gone through again
// up to where the packet recirculated) it writes nothing.
//
// A scope is what is done on a copy of the packet: a group bucket, a clone, a patch port. It costs
// a kClone only if it changes the packet's headers and something follows it; tags that it leaves
// changed are put right by the next output.
#ifndef VSW_OFPROTO_TRANSLATE_ACTION_WRITER_H_
#define VSW_OFPROTO_TRANSLATE_ACTION_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/net_types.h"
#include "datapath/flow/translation.h"
#include "ofproto/translate/field_view.h"
#include "ofproto/translate/frame_tags.h"

namespace vsw {

class ActionWriter {
 public:
  using Actions = BoundedVector<Action, kMaxActions>;

  ActionWriter(FieldView& view, Actions& actions) : view_(view), actions_(actions) {}

  /// Sends the frame to `port` with `tags` on it; not more than `max_bytes` of it (0: all).
  void Output(PortNo port, uint16_t max_bytes, const FrameTags& tags);
  /// Makes the frame what the view says, with `tags` on it.
  void Commit(const FrameTags& tags);
  /// `action` as it is; it has an effect of its own.
  void Append(const Action& action) { AppendWithData(action, {}); }
  /// With `data` in the slots behind it.
  void AppendWithData(const Action& action, std::span<const uint8_t> data);
  /// The same for an action that ends the packet's way in this scope.
  void AppendLast(const Action& action, std::span<const uint8_t> data);
  /// Writes what is pending in headers; tags are left for the next output.
  void WriteWords();
  /// Changes of the label stack, at once.
  void PushMpls(uint16_t ethertype, uint32_t entry);
  void PopMpls(uint16_t ethertype);
  /// A meter may drop the packet: what comes behind in this scope is not sure to be done.
  void AppendMeter(uint32_t meter);
  bool is_conditional() const { return conditional_; }

  struct Scope {
    FrameTags tags;
    size_t start;
    size_t effective_end;
    size_t last_clone;
    bool modified;
    bool effective_modified;
    bool conditional;
    bool silent;
  };
  void Open(Scope* scope);
  void Close(const Scope& scope);

  void SetSilent(bool silent) { silent_ = silent; }
  bool silent() const { return silent_; }
  /// The datapath's packet is the one that the view was rebased to, parsed anew.
  void Rebase() { now_ = FrameTags(); }
  /// Takes away what has no effect at the list's end. Last call.
  void Finish() { Trim(0); }

 private:
  static constexpr size_t kNone = ~size_t{0};

  void Push(const Action& action) { actions_.push_back(action); }
  void Become(const FrameTags& tags);
  void Trim(size_t start);

  FieldView& view_;
  Actions& actions_;
  FrameTags now_;
  size_t effective_end_ = 0;         // what is behind it changes a frame that goes nowhere
  size_t last_clone_ = kNone;        // the clone that ends at effective_end_, if one does
  bool modified_ = false;            // headers were changed since the scope began
  bool effective_modified_ = false;  // the same, as it was at effective_end_
  bool conditional_ = false;
  bool silent_ = false;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_ACTION_WRITER_H_
