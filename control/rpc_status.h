// SPDX-License-Identifier: Apache-2.0
//
// The edge between absl::Status and gRPC's: the same canonical code, the message, and the field
// that is to blame as google.rpc.BadRequest in the status details. Long messages are cut, since a
// client refuses trailers of more than 8 KiB.
#ifndef VSW_CONTROL_RPC_STATUS_H_
#define VSW_CONTROL_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "base/status.h"

namespace vsw::control {

grpc::Status ToRpcStatus(const absl::Status& status);

}  // namespace vsw::control

#endif  // VSW_CONTROL_RPC_STATUS_H_
