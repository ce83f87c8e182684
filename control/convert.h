// SPDX-License-Identifier: Apache-2.0
//
// Between the API's messages and records. Reading a message checks only what a record cannot hold:
// unknown enumeration values and addresses that are none; the rest is for validate.h.
#ifndef VSW_CONTROL_CONVERT_H_
#define VSW_CONTROL_CONVERT_H_

#include "base/status.h"
#include "control/change.h"
#include "db/records.h"
#include "vsw/datapath/v1/datapath.pb.h"
#include "vsw/v1/config.pb.h"
#include "vsw/v1/types.pb.h"

namespace vsw::control {

vsw::v1::Bridge ToMessage(const db::BridgeRecord& record);
vsw::v1::Port ToMessage(const db::PortRecord& record);
vsw::v1::FdbEntry ToMessage(const db::FdbRecord& record);

/// Everything that the switch shall run, with its revision.
vsw::datapath::v1::WantedState ToWantedState(const Config& config);

absl::StatusOr<Change> ToChange(const vsw::v1::CreateBridgeRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::UpdateBridgeRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::DeleteBridgeRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::CreatePortRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::UpdatePortRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::DeletePortRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::AddFdbEntryRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::DeleteFdbEntryRequest& request);
absl::StatusOr<Change> ToChange(const vsw::v1::Change& change);

}  // namespace vsw::control

#endif  // VSW_CONTROL_CONVERT_H_
