// SPDX-License-Identifier: Apache-2.0
//
// Joins what the workers, the devices and the slow path (for patch ports) counted into the private
// API's answer.
#ifndef VSW_DATAPATH_APPLY_COUNTERS_REPORT_H_
#define VSW_DATAPATH_APPLY_COUNTERS_REPORT_H_

#include <string>

#include "datapath/apply/state_report.h"
#include "datapath/worker/worker_set.h"
#include "vsw/datapath/v1/datapath.pb.h"

namespace vsw {

/// Counters of the ports of `bridge`, or if that is empty of all, those of the underlay too; and
/// their drops above zero. Runs a task on the slow thread.
void ReportCounters(const StateReport& state, const std::string& bridge, WorkerSet* workers,
                    SlowPath* slow_path, datapath::v1::GetCountersResponse* response);

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_COUNTERS_REPORT_H_
