// SPDX-License-Identifier: Apache-2.0
//
// The way to vswitchd: a gRPC channel over its private socket. The reconciler renews the channel
// when it reconnects, so that the library's own waiting between attempts never delays us; everyone
// else takes the current stub for a call. CallSwitch is for the services that pass a question on.
//
// Thread safety: all methods may be called from any thread.
#ifndef VSW_CONTROL_SWITCH_CLIENT_H_
#define VSW_CONTROL_SWITCH_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/status.h"
#include "vsw/datapath/v1/datapath.grpc.pb.h"

namespace vsw::control {

class SwitchClient {
 public:
  using Stub = datapath::v1::Datapath::Stub;

  explicit SwitchClient(std::string socket_path);

  /// A fresh channel, which connects at its first call.
  std::shared_ptr<Stub> Renew();
  std::shared_ptr<Stub> stub() const;
  /// For the other services of the switch.
  std::shared_ptr<grpc::Channel> channel() const;

  const std::string& socket_path() const { return socket_path_; }

  /// What a failed call means to a user: "vswitchd is not answering on <socket>: ...".
  absl::Status Explain(const grpc::Status& status) const;

 private:
  const std::string socket_path_;
  mutable std::mutex mutex_;
  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<Stub> stub_;
};

/// Calls `method` of `Service` with a deadline of `timeout`, or `deadline` if that is sooner;
/// `done` gets the answer or the explained error, once, on a thread of gRPC.
template <typename Request, typename Response, typename Service = datapath::v1::Datapath,
          typename Method>
void CallSwitch(SwitchClient* client, Method method, Request request,
                std::chrono::system_clock::time_point deadline, std::chrono::milliseconds timeout,
                std::function<void(const absl::StatusOr<Response>&)> done) {
  struct Call {
    std::unique_ptr<typename Service::Stub> stub;
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  auto call = std::make_shared<Call>();
  call->stub = Service::NewStub(client->channel());
  call->request = std::move(request);
  call->context.set_deadline(std::min(deadline, std::chrono::system_clock::now() + timeout));
  (call->stub->async()->*method)(&call->context, &call->request, &call->response,
                                 [client, call, done = std::move(done)](grpc::Status status) {
                                   if (status.ok()) {
                                     done(std::move(call->response));
                                   } else {
                                     done(client->Explain(status));
                                   }
                                 });
}

}  // namespace vsw::control

#endif  // VSW_CONTROL_SWITCH_CLIENT_H_
