// SPDX-License-Identifier: Apache-2.0
//
// From the status of a call to an error for people. The message of vswmgrd is kept; the fields of
// its google.rpc.BadRequest detail are added under the names that the command line uses for them.
#ifndef VSW_CLI_RPC_ERROR_H_
#define VSW_CLI_RPC_ERROR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace vsw::cli {

struct FieldViolation {
  std::string field;
  std::string description;
};

/// The violations in a serialized google.rpc.Status; empty if there are none, or it is malformed.
std::vector<FieldViolation> ParseFieldViolations(const std::string& error_details);

/// The error of a call to the vswmgrd at `socket`, given `timeout_s` seconds in all.
/// DeadlineExceeded and Unavailable name the daemon that did not answer: vswitchd if vswmgrd said
/// so, else vswmgrd.
absl::Status FromRpcStatus(const grpc::Status& status, const std::string& socket, double timeout_s);

/// True if the call failed because the connection to vswmgrd did, rather than by its answer.
bool IsConnectionLoss(const grpc::Status& status);

}  // namespace vsw::cli

#endif  // VSW_CLI_RPC_ERROR_H_
