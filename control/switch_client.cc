// SPDX-License-Identifier: Apache-2.0
#include "control/switch_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

namespace vsw::control {
namespace {

constexpr int kMaxMessageBytes = 1 << 30;  // the state of very many ports and rules
constexpr int kKeepaliveMs = 10'000;       // datapath_server.cc allows pings so often

}  // namespace

SwitchClient::SwitchClient(std::string socket_path) : socket_path_(std::move(socket_path)) {
  Renew();
}

std::shared_ptr<SwitchClient::Stub> SwitchClient::Renew() {
  grpc::ChannelArguments arguments;
  // Channels of equal arguments share a connection, and with it how long to wait after a failure.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  // A switch that hangs closes no connection; the calls that watch it have no deadline.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      "unix:" + socket_path_, grpc::InsecureChannelCredentials(), arguments);
  std::shared_ptr<Stub> stub = datapath::v1::Datapath::NewStub(channel);
  const std::lock_guard<std::mutex> lock(mutex_);
  channel_ = std::move(channel);
  stub_ = stub;
  return stub;
}

std::shared_ptr<SwitchClient::Stub> SwitchClient::stub() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stub_;
}

std::shared_ptr<grpc::Channel> SwitchClient::channel() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return channel_;
}

absl::Status SwitchClient::Explain(const grpc::Status& status) const {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return Unavailable("vswitchd is not answering on {}: {}; start it, or look at its log",
                         socket_path_, status.error_message());
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::DeadlineExceededError(
          fmt::format("vswitchd did not answer in time on {}", socket_path_));
    default:
      return {static_cast<absl::StatusCode>(status.error_code()),
              "vswitchd: " + status.error_message()};
  }
}

}  // namespace vsw::control
