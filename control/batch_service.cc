// SPDX-License-Identifier: Apache-2.0
#include "control/batch_service.h"

namespace vsw::control {
namespace {

// The name of the field that is set, such as "create_port".
std::string FieldNameOf(const v1::Change& change) {
  const google::protobuf::FieldDescriptor* field =
      v1::Change::descriptor()->FindFieldByNumber(change.change_case());
  return field == nullptr ? "change" : field->name();
}

}  // namespace

grpc::ServerUnaryReactor* BatchService::ApplyBatch(grpc::CallbackServerContext* context,
                                                   const v1::BatchRequest* request,
                                                   v1::ChangeResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  ChangeRequest changes{.changes = {}, .is_batch = true};
  changes.changes.reserve(static_cast<size_t>(request->changes_size()));
  for (int i = 0; i < request->changes_size(); ++i) {
    absl::StatusOr<Change> change = ToChange(request->changes(i));
    if (!change.ok()) {
      Submit(services_,
             AtChange(static_cast<size_t>(i), FieldNameOf(request->changes(i)), change.status()),
             response, reactor);
      return reactor;
    }
    changes.changes.push_back(*std::move(change));
  }
  Submit(services_, std::move(changes), response, reactor);
  return reactor;
}

}  // namespace vsw::control
