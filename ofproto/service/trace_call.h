// SPDX-License-Identifier: Apache-2.0
//
// One Trace call: from text or a frame to the packet's key, and from the story to the message.
#ifndef VSW_OFPROTO_SERVICE_TRACE_CALL_H_
#define VSW_OFPROTO_SERVICE_TRACE_CALL_H_

#include <map>

#include "absl/status/status.h"
#include "datapath/flow/datapath_control.h"
#include "ofproto/bridge_directory.h"
#include "vsw/v1/inspect.pb.h"

namespace vsw {

/// Errors: InvalidArgument (the flow, the frame), NotFound (the bridge, its port); they name the
/// field of the request.
absl::Status AnswerTrace(const vsw::v1::TraceRequest& request,
                         const std::map<PortNo, PortPlace>& places, DatapathControl* control,
                         const BridgeDirectory* bridges, vsw::v1::TraceResponse* response);

}  // namespace vsw

#endif  // VSW_OFPROTO_SERVICE_TRACE_CALL_H_
