// SPDX-License-Identifier: Apache-2.0
//
// Passes a stream of the switch on to a caller: one message is on its way at a time, so that a slow
// caller slows the switch's stream rather than filling our memory.
//
// Thread safety: gRPC calls its reactors; nobody else touches it once it is started.
#ifndef VSW_CONTROL_RELAY_H_
#define VSW_CONTROL_RELAY_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "control/rpc_status.h"
#include "control/switch_client.h"

namespace vsw::control {

/// Deletes itself when both calls are over.
template <typename Service, typename Request, typename Response>
class Relay final : public grpc::ServerWriteReactor<Response> {
 public:
  using Method = void (Service::Stub::async::*)(grpc::ClientContext*, const Request*,
                                                grpc::ClientReadReactor<Response>*);

  Relay(const SwitchClient* client, Method method, Request question,
        std::chrono::system_clock::time_point deadline)
      : client_(client),
        stub_(Service::NewStub(client->channel())),
        question_(std::move(question)),
        reader_(this) {
    context_.set_deadline(deadline);
    (stub_->async()->*method)(&context_, &question_, &reader_);
    reader_.StartRead(&message_);
    reader_.StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) context_.TryCancel();  // the caller is gone; the switch's call ends, and then this one
    reader_.StartRead(&message_);
  }
  void OnCancel() override { context_.TryCancel(); }
  void OnDone() override { delete this; }

 private:
  class Reader final : public grpc::ClientReadReactor<Response> {
   public:
    explicit Reader(Relay* relay) : relay_(relay) {}
    void OnReadDone(bool ok) override {
      if (ok) relay_->StartWrite(&relay_->message_);
    }
    // The last that touches the relay: its Finish may delete it.
    void OnDone(const grpc::Status& status) override {
      relay_->Finish(status.ok() ? status : ToRpcStatus(relay_->client_->Explain(status)));
    }

   private:
    Relay* const relay_;
  };

  const SwitchClient* const client_;
  const std::unique_ptr<typename Service::Stub> stub_;
  const Request question_;
  grpc::ClientContext context_;
  Response message_;
  Reader reader_;
};

/// Sends messages that are there already, one after the other, or ends with an error. Deletes
/// itself.
template <typename Response>
class SendAll final : public grpc::ServerWriteReactor<Response> {
 public:
  SendAll(std::vector<Response> messages, const absl::Status& status)
      : messages_(std::move(messages)), status_(ToRpcStatus(status)) {
    Next(true);
  }
  void OnWriteDone(bool ok) override { Next(ok); }
  void OnDone() override { delete this; }

 private:
  void Next(bool ok) {
    if (ok && next_ < messages_.size()) {
      this->StartWrite(&messages_[next_++]);
    } else {
      this->Finish(status_);
    }
  }
  const std::vector<Response> messages_;
  const grpc::Status status_;
  size_t next_ = 0;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_RELAY_H_
