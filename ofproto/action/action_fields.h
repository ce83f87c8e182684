// SPDX-License-Identifier: Apache-2.0
//
// Which fields a list of actions reads or writes by name, those of nested lists included.
#ifndef VSW_OFPROTO_ACTION_ACTION_FIELDS_H_
#define VSW_OFPROTO_ACTION_ACTION_FIELDS_H_

#include <functional>

#include "ofproto/action/actions.h"

namespace vsw {

void ForEachActionField(const OfActions& actions, const std::function<void(FieldId)>& fn);

}  // namespace vsw

#endif  // VSW_OFPROTO_ACTION_ACTION_FIELDS_H_
