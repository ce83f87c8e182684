// SPDX-License-Identifier: Apache-2.0
//
// Addresses: static ones are configuration; the learned ones live in the switch, which is asked.
//
// Thread safety: gRPC calls it from many threads.
#ifndef VSW_CONTROL_FDB_SERVICE_H_
#define VSW_CONTROL_FDB_SERVICE_H_

#include "control/service_context.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::control {

class FdbService final : public v1::FdbService::CallbackService {
 public:
  explicit FdbService(ServiceContext services) : services_(services) {}

  grpc::ServerUnaryReactor* ListFdb(grpc::CallbackServerContext* context,
                                    const v1::ListFdbRequest* request,
                                    v1::ListFdbResponse* response) override;
  grpc::ServerUnaryReactor* AddFdbEntry(grpc::CallbackServerContext* context,
                                        const v1::AddFdbEntryRequest* request,
                                        v1::ChangeResponse* response) override;
  grpc::ServerUnaryReactor* DeleteFdbEntry(grpc::CallbackServerContext* context,
                                           const v1::DeleteFdbEntryRequest* request,
                                           v1::ChangeResponse* response) override;
  grpc::ServerUnaryReactor* FlushFdb(grpc::CallbackServerContext* context,
                                     const v1::FlushFdbRequest* request,
                                     v1::FlushFdbResponse* response) override;

 private:
  absl::Status CheckPortExists(const v1::FlushFdbRequest& request) const;

  const ServiceContext services_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_FDB_SERVICE_H_
