// SPDX-License-Identifier: Apache-2.0
#include "control/rules/modify_reactor.h"

#include "control/field_error.h"
#include "control/rpc_status.h"
#include "control/rules/rule_message.h"

namespace vsw::control {

ModifyReactor::ModifyReactor(const ServiceContext& services, v1::ModifyRulesResponse* response)
    : services_(services), response_(response), config_(services.configurator->Current()) {
  StartRead(&message_);
}

void ModifyReactor::OnReadDone(bool ok) {
  if (!ok) {
    Finish(ToRpcStatus(InvalidArgument(
        "the request ended without `commit` in its last message; nothing changed")));
    return;
  }
  absl::Status status = has_head_ ? absl::OkStatus() : ReadHead();
  if (status.ok()) status = ReadChanges();
  if (!status.ok()) {
    Finish(ToRpcStatus(status));
    return;
  }
  if (message_.commit()) {
    Submit();
    return;
  }
  message_.Clear();
  StartRead(&message_);
}

absl::Status ModifyReactor::ReadHead() {
  has_head_ = true;
  if (config_->FindBridge(message_.bridge()) == nullptr) {
    return AtField("bridge", NotFound("there is no bridge {}", Quote(message_.bridge())));
  }
  request_.bridge = message_.bridge();
  request_.replace = message_.replace();
  if (message_.has_table()) {
    if (!message_.replace()) return BadField("table", "it goes with `replace` only");
    if (message_.table() > 253)
      return BadField("table", "{} is not one of 0..253", message_.table());
    request_.table = static_cast<uint8_t>(message_.table());
  }
  ports_ = PortNamesOf(*config_, request_.bridge);
  return absl::OkStatus();
}

absl::Status ModifyReactor::ReadChanges() {
  if (request_.changes.size() + static_cast<size_t>(message_.changes_size()) > kMaxChanges) {
    return ResourceExhausted("more than {} changes in one request; make several", kMaxChanges);
  }
  for (const v1::RuleChange& message : message_.changes()) {
    absl::StatusOr<RuleChange> change = ToRuleChange(message, &ports_);
    if (!change.ok()) {
      return Below(fmt::format("changes[{}]", request_.changes.size()), change.status());
    }
    request_.changes.push_back(*std::move(change));
  }
  return absl::OkStatus();
}

void ModifyReactor::Submit() {
  services_.queue->Submit(std::move(request_), [this](const absl::StatusOr<uint64_t>& revision) {
    if (revision.ok()) response_->set_revision(*revision);
    Finish(ToRpcStatus(revision.status()));
  });
}

}  // namespace vsw::control
