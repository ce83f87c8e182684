// SPDX-License-Identifier: Apache-2.0
//
// Checks a list of actions one after another, while it keeps account of what the packet becomes.
// CheckActions() and CheckInstructions() in actions.h are the way in; this is for action/ alone.
#ifndef VSW_OFPROTO_ACTION_CHECK_H_
#define VSW_OFPROTO_ACTION_CHECK_H_

#include "ofproto/action/actions.h"

namespace vsw {

class ActionChecker {
 public:
  ActionChecker(const Match& match, const ActionEnvironment& environment, unsigned depth = 0)
      : match_(match), environment_(environment), depth_(depth) {}

  /// Checks all, as a list that is done in its order.
  OfStatus CheckList(const OfActions& actions);
  /// Checks all, as what write_actions puts into the action set: only some may be there.
  OfStatus CheckSet(const OfActions& actions);

  OfStatus Check(const act::Output& a);
  OfStatus Check(const act::OutputReg& a) { return CheckSource(a.source); }
  OfStatus Check(const act::Enqueue& a);
  OfStatus Check(const act::SetQueue&) { return {}; }
  OfStatus Check(const act::PopQueue&) { return {}; }
  OfStatus Check(const act::Controller& a);
  OfStatus Check(const act::SetField& a);
  OfStatus Check(const act::Move& a);
  OfStatus Check(const act::StackPush& a) { return CheckSource(a.subfield); }
  OfStatus Check(const act::StackPop& a) { return CheckDestination(a.subfield); }
  OfStatus Check(const act::PushVlan& a);
  OfStatus Check(const act::PopVlan&);
  OfStatus Check(const act::SetVlanVid& a);
  OfStatus Check(const act::SetVlanPcp& a);
  OfStatus Check(const act::PushMpls& a);
  OfStatus Check(const act::PopMpls& a);
  OfStatus Check(const act::SetMplsTtl&) { return CheckHas(FieldId::kMplsTtl); }
  OfStatus Check(const act::DecMplsTtl&) { return CheckHas(FieldId::kMplsTtl); }
  OfStatus Check(const act::SetIpTtl&) { return CheckHas(FieldId::kIpTtl); }
  OfStatus Check(const act::DecTtl&) { return CheckHas(FieldId::kIpTtl); }
  // Both copy between whichever two headers are there, MPLS or IP.
  OfStatus Check(const act::CopyTtlOut&) { return CheckHas(FieldId::kMplsTtl); }
  OfStatus Check(const act::CopyTtlIn&) { return CheckHas(FieldId::kMplsTtl); }
  OfStatus Check(const act::Group& a);
  OfStatus Check(const act::Meter& a);
  OfStatus Check(const act::Resubmit&) { return {}; }
  OfStatus Check(const act::SetTunnel&) { return {}; }
  OfStatus Check(const act::Learn& a);
  OfStatus Check(const act::Conjunction& a);
  OfStatus Check(const act::Multipath& a);
  OfStatus Check(const act::Bundle& a);
  OfStatus Check(const act::Note&) { return {}; }
  OfStatus Check(const act::Exit&) { return {}; }
  OfStatus Check(const act::FinTimeout&) { return CheckHas(FieldId::kTcpSrc); }
  OfStatus Check(const act::CheckPktLarger& a) { return CheckDestination(a.destination); }
  OfStatus Check(const act::Clone& a);
  // Until there is an engine for them.
  OfStatus Check(const act::Ct&) { return OfErrorId::kCtDatapathSupport; }
  OfStatus Check(const act::CtClear&) { return OfErrorId::kCtDatapathSupport; }
  OfStatus Check(const act::Nat&) { return OfErrorId::kCtDatapathSupport; }

 private:
  using Prerequisites = ActionEnvironment::Prerequisites;

  bool IsTagged() const;
  void SetTag(bool present);
  void Become(FieldId field, const FieldValue& value);
  /// The packet has the field, as far as the match and the actions before say.
  bool Has(FieldId field) const;
  /// For actions of 1.0 and its kin, which may do nothing (Prerequisites::kLenient).
  OfStatus CheckHas(FieldId field) const;
  OfStatus CheckRange(const Subfield& subfield) const;
  OfStatus CheckSource(const Subfield& subfield) const;
  OfStatus CheckDestination(const Subfield& subfield) const;
  OfStatus CheckPort(uint32_t port) const;

  Match match_;  // of packets at the action that is being checked
  ActionEnvironment environment_;
  unsigned depth_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_ACTION_CHECK_H_
