// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/execute_actions.h"

#include "ofproto/translate/action_set.h"
#include "ofproto/translate/field_actions.h"
#include "ofproto/translate/group.h"
#include "ofproto/translate/learn.h"
#include "ofproto/translate/link_choice.h"
#include "ofproto/translate/meter.h"
#include "ofproto/translate/mpls_actions.h"
#include "ofproto/translate/output.h"
#include "ofproto/translate/pipeline.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/send_to_controller.h"
#include "ofproto/translate/trace.h"
#include "ofproto/translate/ttl_actions.h"

namespace vsw {
namespace {

void Resubmit(TranslationContext& context, const act::Resubmit& resubmit) {
  const uint8_t from = context.stay.table;
  const uint8_t table = resubmit.table == 0xff ? from : resubmit.table;
  const TranslationContext::Level level(context, table <= from);
  if (!level.ok()) return;
  const uint32_t own_port = context.view.pipeline_in_port();
  const uint32_t port = resubmit.in_port == kOfpInPort ? own_port : resubmit.in_port;
  const TranslationContext::GroupStay* groups = context.SwapGroups(nullptr);
  RunTables(context, table, port, /*misses_count=*/false);
  context.SwapGroups(groups);
}

void Clone(TranslationContext& context, const act::Clone& clone) {
  const TranslationContext::Level level(context, true);
  if (!level.ok()) return;
  const TranslationContext::Scope scope(context);
  ExecuteActions(context, clone.actions);
  // As in Open vSwitch: a copy's way ends as a packet's does, with its copy of the action set.
  context.ClearExit();
  RunActionSet(context);
}

void CheckLength(TranslationContext& context, const act::CheckPktLarger& check) {
  if (!ParseAgain(context)) return;
  const std::optional<bool> longer = AskWhetherLonger(context, check.bytes);
  if (longer.has_value()) {
    context.view.Write(check.destination, FieldValue::OfU64(*longer ? 1 : 0));
  }
}

// One line for each action; those that end the list themselves say so.
struct Runner {
  TranslationContext& context;

  bool operator()(const act::Output& a) { return Output(context, a.port, a.max_bytes), true; }
  bool operator()(const act::OutputReg& a) { return OutputByField(context, a), true; }
  // Queues are accepted and have no effect: no port has any.
  bool operator()(const act::Enqueue& a) { return Output(context, a.port, 0), true; }
  bool operator()(const act::SetQueue&) { return true; }
  bool operator()(const act::PopQueue&) { return true; }
  bool operator()(const act::Controller& a) { return SendToController(context, a), true; }

  bool operator()(const act::SetField& a) { return SetField(context, a), true; }
  bool operator()(const act::Move& a) { return MoveField(context, a), true; }
  bool operator()(const act::StackPush& a) { return PushOnStack(context, a), true; }
  bool operator()(const act::StackPop& a) { return PopFromStack(context, a), true; }
  bool operator()(const act::SetTunnel& a) {
    context.view.Write(FieldId::kTunId, FieldValue::OfU64(a.id), FieldValue::Ones(64));
    return true;
  }

  bool operator()(const act::PushVlan& a) { return PushVlan(context, a.ethertype), true; }
  bool operator()(const act::PopVlan&) { return PopVlan(context), true; }
  bool operator()(const act::SetVlanVid& a) { return SetVlanVid(context, a), true; }
  bool operator()(const act::SetVlanPcp& a) { return SetVlanPcp(context, a), true; }

  bool operator()(const act::PushMpls& a) { return PushMpls(context, a.ethertype), true; }
  bool operator()(const act::PopMpls& a) { return PopMpls(context, a.ethertype), true; }
  bool operator()(const act::SetMplsTtl& a) { return SetMplsTtl(context, a.ttl), true; }
  bool operator()(const act::DecMplsTtl&) { return DecrementMplsTtl(context); }
  bool operator()(const act::SetIpTtl& a) { return SetIpTtl(context, a.ttl), true; }
  bool operator()(const act::DecTtl& a) { return DecrementIpTtl(context, a); }
  bool operator()(const act::CopyTtlOut&) { return CopyTtlOut(context), true; }
  bool operator()(const act::CopyTtlIn&) { return CopyTtlIn(context), true; }

  bool operator()(const act::Group& a) { return SendToGroup(context, a.group), true; }
  bool operator()(const act::Meter& a) { return ApplyMeter(context, a.meter), true; }
  bool operator()(const act::Resubmit& a) { return Resubmit(context, a), true; }
  bool operator()(const act::Learn& a) { return LearnRule(context, a), true; }
  bool operator()(const act::Conjunction&) { return true; }  // the classifier's business
  bool operator()(const act::Multipath& a) { return ChooseLink(context, a), true; }
  bool operator()(const act::Bundle& a) { return ChoosePort(context, a), true; }
  bool operator()(const act::Note&) { return true; }
  bool operator()(const act::Exit&) { return context.Exit(), false; }
  bool operator()(const act::FinTimeout& a) { return ReduceTimeouts(context, a), true; }
  bool operator()(const act::CheckPktLarger& a) { return CheckLength(context, a), true; }
  bool operator()(const act::Clone& a) { return Clone(context, a), true; }
  // Refused when a rule is entered (CheckActions()).
  bool operator()(const act::Ct&) { return true; }
  bool operator()(const act::CtClear&) { return true; }
  bool operator()(const act::Nat&) { return true; }
};

}  // namespace

bool ExecuteAction(TranslationContext& context, const OfAction& action) {
  if (context.halted() || !context.CountAction()) return false;
  const TraceLevel level(context, [&] { return DescribeAction(action); });
  return std::visit(Runner{context}, action.what) && !context.halted();
}

bool ExecuteActions(TranslationContext& context, const OfActions& actions) {
  for (const OfAction& action : actions) {
    if (!ExecuteAction(context, action)) return false;
  }
  return true;
}

}  // namespace vsw
