// SPDX-License-Identifier: Apache-2.0
#include "ofproto/action/action_fields.h"

#include <variant>

namespace vsw {
namespace {

struct FieldVisitor {
  const std::function<void(FieldId)>& fn;

  void operator()(const act::OutputReg& a) const { fn(a.source.field); }
  void operator()(const act::SetField& a) const { fn(a.field); }
  void operator()(const act::Move& a) const {
    fn(a.source.field);
    fn(a.destination.field);
  }
  void operator()(const act::StackPush& a) const { fn(a.subfield.field); }
  void operator()(const act::StackPop& a) const { fn(a.subfield.field); }
  void operator()(const act::Learn& a) const {
    for (const act::LearnSpec& spec : a.specs) {
      if (!spec.from_immediate) fn(spec.source.field);
      if (spec.kind != act::LearnSpec::Kind::kOutput) fn(spec.destination.field);
    }
    if (a.write_result) fn(a.result.field);
  }
  void operator()(const act::Multipath& a) const { fn(a.destination.field); }
  void operator()(const act::Bundle& a) const {
    if (a.destination.has_value()) fn(a.destination->field);
  }
  void operator()(const act::CheckPktLarger& a) const { fn(a.destination.field); }
  void operator()(const act::Clone& a) const { ForEachActionField(a.actions, fn); }
  void operator()(const act::Ct& a) const {
    if (a.zone_source.has_value()) fn(a.zone_source->field);
    ForEachActionField(a.exec, fn);
  }
  template <typename Other>
  void operator()(const Other&) const {}
};

}  // namespace

void ForEachActionField(const OfActions& actions, const std::function<void(FieldId)>& fn) {
  for (const OfAction& action : actions) std::visit(FieldVisitor{fn}, action.what);
}

}  // namespace vsw
