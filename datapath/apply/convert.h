// SPDX-License-Identifier: Apache-2.0
//
// Between the private API's messages and plain values. What comes from outside is checked here, so
// that everything behind it deals with sound values: names, enum values, ranges, references and
// sizes.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_APPLY_CONVERT_H_
#define VSW_DATAPATH_APPLY_CONVERT_H_

#include "absl/status/statusor.h"
#include "datapath/apply/state_report.h"
#include "datapath/apply/wanted_state.h"
#include "vsw/datapath/v1/datapath.pb.h"

namespace vsw {

/// InvalidArgument names the field, such as "ports[3].vlan.tag".
[[nodiscard]] absl::StatusOr<WantedState> FromProto(const datapath::v1::WantedState& message);

/// Fills revision, bridges and ports; the rest is the caller's.
void ToProto(const StateReport& report, datapath::v1::ActualState* message);

void ToProto(const BfdRow& row, const PortReport& port, vsw::v1::BfdSession* session);

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_CONVERT_H_
