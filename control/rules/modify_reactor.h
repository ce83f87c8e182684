// SPDX-License-Identifier: Apache-2.0
//
// One ModifyRules call: reads the client's messages, and each change in them at once, so that what
// is kept of a hundred thousand rules is small; then submits them as one request.
#ifndef VSW_CONTROL_RULES_MODIFY_REACTOR_H_
#define VSW_CONTROL_RULES_MODIFY_REACTOR_H_

#include <memory>

#include "control/service_context.h"
#include "vsw/v1/openflow.pb.h"

namespace vsw::control {

class ModifyReactor final : public grpc::ServerReadReactor<v1::ModifyRulesRequest> {
 public:
  /// Most changes of one request.
  static constexpr size_t kMaxChanges = 1'000'000;

  /// Deletes itself when the call is over.
  ModifyReactor(const ServiceContext& services, v1::ModifyRulesResponse* response);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  absl::Status ReadHead();
  absl::Status ReadChanges();
  void Submit();

  const ServiceContext services_;
  v1::ModifyRulesResponse* const response_;
  const std::shared_ptr<const Config> config_;
  PortNames ports_;
  v1::ModifyRulesRequest message_;
  bool has_head_ = false;
  RulesRequest request_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_MODIFY_REACTOR_H_
