// SPDX-License-Identifier: Apache-2.0
//
// All connections of one bridge: listens on its passive targets, keeps up those to its controllers,
// and says when nobody controls the bridge any more (fail mode).
//
// Thread safety: the thread of the connections.
#ifndef VSW_OFPROTO_CONNECTION_BRIDGE_ENDPOINT_H_
#define VSW_OFPROTO_CONNECTION_BRIDGE_ENDPOINT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ofproto/connection/acceptor.h"
#include "ofproto/connection/backoff.h"
#include "ofproto/connection/connection.h"
#include "ofproto/connection/poller.h"
#include "ofproto/connection/settings.h"

namespace vsw::ofconn {

/// What the endpoints of all bridges share.
struct EndpointContext {
  const OpenFlowServerOptions* options;
  Poller* poller;
  const TlsContext* tls;      // nullptr: TLS cannot be used,
  const std::string* no_tls;  // because of this
  uint64_t* next_connection_id;
};

class BridgeEndpoint {
 public:
  BridgeEndpoint(const EndpointContext& context, std::string bridge_name,
                 std::shared_ptr<BridgeHub> hub)
      : context_(context), name_(std::move(bridge_name)), hub_(std::move(hub)) {}
  ~BridgeEndpoint();

  /// What is the same as before is not disturbed.
  void Apply(const BridgeConnectionSettings& settings, uint64_t now_ns);
  /// Gives every connection that is ready its turn; true if some are ready again.
  bool Turn(uint64_t now_ns);
  /// Work by time.
  void Tick(uint64_t now_ns);
  /// True if it is one of ours.
  bool WakeUp(uint64_t connection_id);

  BridgeConnectionStatus Status(uint64_t now_ns) const;
  /// Something that Status() tells has changed since the last call.
  bool TakeStatusChanged() { return std::exchange(status_changed_, false); }

 private:
  struct Listener final : EventHandler {
    Listener(BridgeEndpoint* e, std::string t) : endpoint(e), text(std::move(t)) {}
    void OnEvents(uint32_t) override { endpoint->Accept(*this); }
    BridgeEndpoint* const endpoint;
    const std::string text;
    std::unique_ptr<Acceptor> acceptor;
    bool watched = false;
    std::string error;
    uint64_t retry_ns = 0;
  };
  struct Controller {
    Controller(std::string t, Backoff b) : text(std::move(t)), backoff(b) {}
    std::string text;
    Backoff backoff;
    uint64_t connection_id = 0;  // 0: none
    Connection::State state = Connection::State::kClosed;
    std::string last_error;
    uint64_t since_ns = 0;
  };

  std::vector<std::string> WantedListeners(const BridgeConnectionSettings& settings) const;
  std::string ManagementPath() const;
  void Listen(Listener& listener, uint64_t now_ns);
  void Unwatch(Listener& listener);
  void Accept(Listener& listener);
  void Connect(Controller& controller, uint64_t now_ns);
  void Failed(Controller& controller, const std::string& why, uint64_t now_ns);
  void Start(const Target& target, std::string name, std::unique_ptr<Stream> stream, uint64_t id,
             uint64_t now_ns);
  absl::StatusOr<const TlsContext*> TlsFor(const Target& target) const;
  void NoteState(Controller& controller, uint64_t now_ns);
  void RemoveClosed(uint64_t now_ns);
  void JudgeFailMode(uint64_t now_ns);

  const EndpointContext context_;
  const std::string name_;
  const std::shared_ptr<BridgeHub> hub_;
  BridgeConnectionSettings settings_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Controller> controllers_;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t last_controlled_ns_ = 0;
  bool fail_open_ = false;
  bool status_changed_ = true;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_BRIDGE_ENDPOINT_H_
