// SPDX-License-Identifier: Apache-2.0
//
// One OpenFlow connection from its first byte to its last: opening, hello and version negotiation
// (1.3 section 6.3.1), framing and decoding, batches of requests to the slow thread, sending,
// liveness. What the messages mean is the session's to know. A peer that breaks the protocol, or
// stops to read, ends its own connection and nothing else.
//
// Thread safety: the thread of the connections.
#ifndef VSW_OFPROTO_CONNECTION_CONNECTION_H_
#define VSW_OFPROTO_CONNECTION_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ofproto/connection/bridge_hub.h"
#include "ofproto/connection/framer.h"
#include "ofproto/connection/liveness.h"
#include "ofproto/connection/multipart_assembler.h"
#include "ofproto/connection/outbox.h"
#include "ofproto/connection/poller.h"
#include "ofproto/connection/session.h"
#include "ofproto/connection/stream.h"

namespace vsw::ofconn {

class Connection final : public EventHandler {
 public:
  enum class State : uint8_t { kOpening, kHello, kRunning, kClosing, kClosed };

  struct Settings {
    uint64_t id = 0;
    std::string name;  // of the peer, for logs and status
    uint32_t versions = kAllOfVersions;
    uint64_t probe_ns = 0;          // 0: not probed
    uint64_t hello_timeout_ns = 0;  // for opening and hello together
    Session::Settings session;      // but for the version
  };

  Connection(Settings settings, std::unique_ptr<Stream> stream, std::shared_ptr<BridgeHub> hub,
             Poller* poller, uint64_t now_ns);
  /// Leaves the hub, on the slow thread.
  ~Connection() override;

  /// The poller says that there is something to do: Turn() will do it.
  void OnEvents(uint32_t events) override { ready_ = true; }
  /// The same, because of new output.
  void WakeUp() { ready_ = true; }
  /// Reads, handles and sends a bounded amount. Called when ready().
  void Turn(uint64_t now_ns);
  bool ready() const { return ready_; }
  /// Work by time: timeouts, probes.
  void Tick(uint64_t now_ns);
  /// Ends the connection; `reason` is for people.
  void Close(const std::string& reason);

  State state() const { return state_; }
  uint64_t id() const { return settings_.id; }
  const std::string& name() const { return settings_.name; }
  /// When the present state began.
  uint64_t since_ns() const { return since_ns_; }
  /// Why it was closed.
  const std::string& reason() const { return reason_; }
  /// nullptr before a version is agreed on.
  const Session* session() const { return session_.get(); }
  const Outbox& outbox() const { return *outbox_; }
  uint64_t messages_in() const { return messages_in_; }

 private:
  void Enter(State state, uint64_t now_ns);
  void Fail(const std::string& reason);
  /// Sends `status` as an error, and closes when it is out.
  void Refuse(const OfStatus& status, std::span<const uint8_t> message, uint64_t now_ns);
  void Open(uint64_t now_ns);
  void Read(uint64_t now_ns);
  void Write(uint64_t now_ns);
  bool MayRead() const;
  bool has_output() const { return outbox_->queued() != 0; }
  void TakeMessages(uint64_t now_ns);
  void TakeHello(std::span<const uint8_t> message, uint64_t now_ns);
  void TakeMessage(std::span<const uint8_t> message, uint64_t now_ns);
  Inbound Decode(std::span<const uint8_t> message, uint64_t now_ns);
  void HandleBatch(uint64_t now_ns);
  void FinishClosing();
  void ExpireMultiparts(uint64_t now_ns);
  void CheckLiveness(uint64_t now_ns);
  void UpdateInterest();

  const Settings settings_;
  std::unique_ptr<Stream> stream_;
  const std::shared_ptr<BridgeHub> hub_;
  Poller* const poller_;
  const std::shared_ptr<Outbox> outbox_;
  std::shared_ptr<Session> session_;
  State state_ = State::kOpening;
  uint64_t since_ns_;
  const uint64_t started_ns_;
  std::string reason_;
  bool ready_ = true;
  bool peer_done_ = false;      // it will send no more
  bool held_up_ = false;        // its requests wait until it has read what it asked for
  bool write_blocked_ = false;  // the last bytes could not be sent at once
  bool shut_ = false;           // kClosing: all was sent
  uint32_t interest_ = 0;

  Framer framer_;
  Dialect dialect_;  // of decoding
  MultipartAssembler multiparts_;
  std::vector<Inbound> inbox_;  // decoded, and not yet handled
  Bytes sending_;
  size_t sent_ = 0;  // of sending_
  Liveness liveness_;
  uint64_t messages_in_ = 0;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_CONNECTION_H_
