// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/openflow_server.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "ofproto/connection/bridge_endpoint.h"
#include "ofproto/connection/clock.h"

namespace vsw {

using ofconn::BridgeEndpoint;
using ofconn::BridgeHub;
using ofconn::MonotonicNs;

namespace {

// Timeouts are of seconds: looking at them so often is exact enough.
constexpr uint64_t kTickNs = 100'000'000;
constexpr int kTickMs = 100;

}  // namespace

const char* StateName(ConnectionStatus::State state) {
  switch (state) {
    case ConnectionStatus::State::kBackoff:
      return "backoff";
    case ConnectionStatus::State::kConnecting:
      return "connecting";
    case ConnectionStatus::State::kHandshake:
      return "handshake";
    case ConnectionStatus::State::kConnected:
      return "connected";
  }
  return "unknown";
}

OpenFlowServer::OpenFlowServer(OpenFlowServerOptions options, DatapathControl* control)
    : options_(std::move(options)), control_(control) {
  auto tls = ofconn::TlsContext::Create(options_.tls);
  if (tls.ok()) {
    tls_ = std::move(*tls);
  } else {
    tls_error_ = std::string(tls.status().message());
    if (!(options_.tls == TlsSettings{})) VSW_LOG_ERROR("OpenFlow over TLS: {}", tls_error_);
  }
}

OpenFlowServer::~OpenFlowServer() { Stop(); }

void OpenFlowServer::Start() {
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "vsw-openflow");
}

void OpenFlowServer::Stop() {
  if (thread_.joinable()) {
    poller_.Post([this] { stop_.store(true); });
    thread_.join();
  }
  std::map<BridgeId, BridgeEntry> bridges;
  {
    const std::lock_guard lock(bridges_mutex_);
    bridges.swap(bridges_);
  }
  for (const auto& [id, entry] : bridges) {
    control_->RunOnSlowThread([&hub = entry.hub] { hub->Detach(); });
  }
}

void OpenFlowServer::SetBridge(BridgeId id, BridgeControl* bridge,
                               const BridgeConnectionSettings& settings) {
  bool other = false;
  {
    const std::lock_guard lock(bridges_mutex_);
    const auto it = bridges_.find(id);
    other = it != bridges_.end() && it->second.bridge != bridge;
  }
  if (other) RemoveBridge(id);
  std::shared_ptr<BridgeHub> hub;
  bool is_new = false;
  {
    const std::lock_guard lock(bridges_mutex_);
    BridgeEntry& entry = bridges_[id];
    is_new = entry.hub == nullptr;
    if (is_new) entry = {bridge, std::make_shared<BridgeHub>(control_, bridge)};
    hub = entry.hub;
  }
  std::string name;
  control_->RunOnSlowThread([&] {
    if (is_new) hub->Attach();
    name = bridge->name();
  });
  poller_.Post([this, id, hub, name, settings] {
    auto& endpoint = endpoints_[id];
    if (endpoint == nullptr) {
      const ofconn::EndpointContext context{&options_, &poller_, tls_.get(), &tls_error_,
                                            &next_connection_id_};
      endpoint = std::make_unique<BridgeEndpoint>(context, name, hub);
    }
    endpoint->Apply(settings, MonotonicNs());
  });
}

void OpenFlowServer::RemoveBridge(BridgeId id) {
  std::shared_ptr<BridgeHub> hub;
  {
    const std::lock_guard lock(bridges_mutex_);
    const auto it = bridges_.find(id);
    if (it == bridges_.end()) return;
    hub = std::move(it->second.hub);
    bridges_.erase(it);
  }
  control_->RunOnSlowThread([&hub] { hub->Detach(); });
  poller_.Post([this, id] {
    endpoints_.erase(id);
    const std::lock_guard lock(status_mutex_);
    status_.erase(id);
  });
}

void OpenFlowServer::Loop() {
  // OpenSSL writes to sockets without MSG_NOSIGNAL.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

  bool again = false;
  uint64_t next_tick_ns = 0;
  while (!stop_.load()) {
    poller_.Wait(again ? 0 : endpoints_.empty() ? -1 : kTickMs);
    for (const uint64_t id : poller_.TakeOutputs()) {
      for (const auto& [bridge, endpoint] : endpoints_) {
        if (endpoint->WakeUp(id)) break;
      }
    }
    const uint64_t now_ns = MonotonicNs();
    const bool tick = now_ns >= next_tick_ns;
    if (tick) next_tick_ns = now_ns + kTickNs;
    again = false;
    for (const auto& [bridge, endpoint] : endpoints_) {
      if (tick) endpoint->Tick(now_ns);
      again |= endpoint->Turn(now_ns);
    }
    PublishStatus(now_ns, tick);
  }
  endpoints_.clear();
}

void OpenFlowServer::PublishStatus(uint64_t now_ns, bool all) {
  for (const auto& [id, endpoint] : endpoints_) {
    if (!endpoint->TakeStatusChanged() && !all) continue;
    BridgeConnectionStatus status = endpoint->Status(now_ns);
    const std::lock_guard lock(status_mutex_);
    status_[id] = std::move(status);
  }
}

BridgeConnectionStatus OpenFlowServer::Status(BridgeId id) const {
  const std::lock_guard lock(status_mutex_);
  const auto it = status_.find(id);
  return it == status_.end() ? BridgeConnectionStatus{} : it->second;
}

}  // namespace vsw
