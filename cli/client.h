// SPDX-License-Identifier: Apache-2.0
//
// vswmgrd as a command sees it: blocking calls that share one deadline, which starts when the
// client is made and is put off by pauses. A socket that is missing or refuses is tried again for a
// moment, since vswmgrd may just be restarting; then the error says so. Calls that read are
// repeated when vswmgrd goes away in the middle; calls that change are not, since nobody knows
// whether the change was stored.
#ifndef VSW_CLI_CLIENT_H_
#define VSW_CLI_CLIENT_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/rpc_error.h"
#include "grpcpp/grpcpp.h"

namespace vsw::cli {

class Client {
 public:
  using Clock = std::chrono::system_clock;  // what gRPC takes as a deadline

  /// How long a restarting vswmgrd may be away; its restart takes well below a second.
  static constexpr std::chrono::milliseconds kRestartTime{2000};

  Client(std::string socket, std::chrono::duration<double> timeout,
         std::chrono::milliseconds restart_time = kRestartTime);

  /// A call that only reads, such as
  /// client.Read<v1::PortService>(&v1::PortService::Stub::GetPort, request).
  template <typename Service, typename Request, typename Response>
  absl::StatusOr<Response> Read(grpc::Status (Service::Stub::*method)(grpc::ClientContext*,
                                                                      const Request&, Response*),
                                const Request& request) {
    return CallStub<Service>(method, request, /*repeat=*/true, deadline_);
  }

  /// The same, to be answered before `deadline`, which is not after the client's.
  template <typename Service, typename Request, typename Response>
  absl::StatusOr<Response> ReadBefore(Clock::time_point deadline,
                                      grpc::Status (Service::Stub::*method)(grpc::ClientContext*,
                                                                            const Request&,
                                                                            Response*),
                                      const Request& request) {
    return CallStub<Service>(method, request, /*repeat=*/true, deadline);
  }

  /// A call that changes something: sent at most once.
  template <typename Service, typename Request, typename Response>
  absl::StatusOr<Response> Change(grpc::Status (Service::Stub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                                  const Request& request) {
    return CallStub<Service>(method, request, /*repeat=*/false, deadline_);
  }

  /// Any other call, a stream for one: `call` gets a stub and the call's context. `repeat`: it only
  /// reads, and starts anew when it is called again.
  template <typename Service>
  absl::Status Use(
      bool repeat,
      const std::function<grpc::Status(typename Service::Stub*, grpc::ClientContext*)>& call) {
    return Call(repeat, deadline_, [&](grpc::ClientContext* context) {
      return call(Service::NewStub(channel_).get(), context);
    });
  }

  /// Sleeps; that time is not the calls'.
  void Pause(std::chrono::seconds time);

  const std::string& socket() const { return socket_; }
  double timeout_s() const { return timeout_.count(); }
  Clock::time_point deadline() const { return deadline_; }

 private:
  using Attempt = std::function<grpc::Status(grpc::ClientContext*)>;

  template <typename Service, typename Request, typename Response>
  absl::StatusOr<Response> CallStub(
      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, bool repeat, Clock::time_point deadline) {
    Response response;
    const absl::Status status = Call(repeat, deadline, [&](grpc::ClientContext* context) {
      response.Clear();
      auto stub = Service::NewStub(channel_);
      return (stub.get()->*method)(context, request, &response);
    });
    if (!status.ok()) return status;
    return response;
  }

  /// Waits until somebody listens at the socket, for a moment only.
  [[nodiscard]] absl::Status EnsureListening();
  [[nodiscard]] absl::Status Call(bool repeat, Clock::time_point deadline, const Attempt& attempt);

  const std::string socket_;
  const std::chrono::duration<double> timeout_;
  const std::chrono::milliseconds restart_time_;
  Clock::time_point deadline_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace vsw::cli

#endif  // VSW_CLI_CLIENT_H_
