// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/bridge_endpoint.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "ofproto/connection/clock.h"

namespace vsw::ofconn {
namespace {

constexpr uint64_t kMsNs = 1'000'000;
// Connections accepted at one go.
constexpr int kAccepts = 16;
// Fail-open after so many probe intervals without a controller, as Open vSwitch does.
constexpr uint64_t kFailOpenProbes = 3;
constexpr uint64_t kDefaultProbeNs = 5000 * kMsNs;

ConnectionStatus::State PublicState(Connection::State state) {
  switch (state) {
    case Connection::State::kOpening:
      return ConnectionStatus::State::kConnecting;
    case Connection::State::kHello:
      return ConnectionStatus::State::kHandshake;
    case Connection::State::kRunning:
      return ConnectionStatus::State::kConnected;
    case Connection::State::kClosing:
    case Connection::State::kClosed:
      break;
  }
  return ConnectionStatus::State::kBackoff;
}

void Describe(const Connection& connection, ConnectionStatus* status) {
  status->messages_in = connection.messages_in();
  status->messages_out = connection.outbox().messages();
  status->dropped_packet_ins = connection.outbox().dropped_packet_ins();
  status->dropped_others = connection.outbox().dropped_others();
  if (connection.session() != nullptr) {
    status->version = connection.session()->version();
    status->role = connection.session()->role();
  }
}

}  // namespace

BridgeEndpoint::~BridgeEndpoint() {
  for (const auto& listener : listeners_) Unwatch(*listener);
}

std::string BridgeEndpoint::ManagementPath() const {
  return context_.options->run_dir + "/" + name_ + ".mgmt";
}

std::vector<std::string> BridgeEndpoint::WantedListeners(
    const BridgeConnectionSettings& settings) const {
  std::vector<std::string> wanted = {"punix:" + ManagementPath()};
  for (const std::string& text : settings.listeners) {
    if (std::find(wanted.begin(), wanted.end(), text) == wanted.end()) wanted.push_back(text);
  }
  return wanted;
}

void BridgeEndpoint::Apply(const BridgeConnectionSettings& settings, uint64_t now_ns) {
  // Who was connected under other terms connects anew.
  BridgeConnectionSettings same_terms = settings;
  same_terms.controllers = settings_.controllers;
  same_terms.listeners = settings_.listeners;
  same_terms.fail_secure = settings_.fail_secure;
  const bool other_terms = !(same_terms == settings_);
  settings_ = settings;
  if (last_controlled_ns_ == 0) last_controlled_ns_ = now_ns;

  const std::vector<std::string> wanted = WantedListeners(settings);
  std::erase_if(listeners_, [&](const auto& listener) {
    if (std::find(wanted.begin(), wanted.end(), listener->text) != wanted.end()) return false;
    Unwatch(*listener);
    return true;
  });
  for (const std::string& text : wanted) {
    const bool there = std::any_of(listeners_.begin(), listeners_.end(),
                                   [&](const auto& listener) { return listener->text == text; });
    if (there) continue;
    listeners_.push_back(std::make_unique<Listener>(this, text));
    Listen(*listeners_.back(), now_ns);
  }

  std::vector<Controller> controllers;
  for (const std::string& text : settings.controllers) {
    const auto is_it = [&](const Controller& controller) { return controller.text == text; };
    if (std::any_of(controllers.begin(), controllers.end(), is_it)) continue;
    const auto before = std::find_if(controllers_.begin(), controllers_.end(), is_it);
    if (before != controllers_.end() && !other_terms) {
      controllers.push_back(std::move(*before));
      before->connection_id = 0;
    } else {
      controllers.push_back(Controller(
          text, Backoff(settings.min_backoff_ms * kMsNs, settings.max_backoff_ms * kMsNs)));
    }
  }
  for (const Controller& gone : controllers_) {
    if (gone.connection_id != 0) connections_.erase(gone.connection_id);
  }
  controllers_ = std::move(controllers);
  status_changed_ = true;
  Tick(now_ns);
}

void BridgeEndpoint::Listen(Listener& listener, uint64_t now_ns) {
  listener.retry_ns = now_ns + context_.options->listen_retry_ms * kMsNs;
  absl::StatusOr<Target> target = ParseTarget(listener.text);
  if (name_.find('/') != std::string::npos && listener.text == "punix:" + ManagementPath()) {
    target = absl::InvalidArgumentError("the bridge's name cannot be a file's name");
  }
  if (target.ok() && !target->passive) {
    target = absl::InvalidArgumentError("target '" + listener.text + "' is not a passive one");
  }
  absl::Status status = target.ok() ? TlsFor(*target).status() : target.status();
  if (status.ok()) {
    auto acceptor = Acceptor::Listen(*target);
    status = acceptor.status();
    if (acceptor.ok()) listener.acceptor = std::move(*acceptor);
  }
  const std::string error(status.message());
  if (listener.error != error && !error.empty()) {
    VSW_LOG_WARN("bridge {}: cannot listen: {}", name_, error);
  }
  listener.error = error;
  status_changed_ = true;
  if (listener.acceptor == nullptr) return;
  context_.poller->Add(listener.acceptor->fd(), EPOLLIN, &listener);
  listener.watched = true;
}

void BridgeEndpoint::Unwatch(Listener& listener) {
  if (listener.watched) context_.poller->Remove(listener.acceptor->fd());
  listener.watched = false;
}

absl::StatusOr<const TlsContext*> BridgeEndpoint::TlsFor(const Target& target) const {
  if (target.transport != Target::Transport::kTls || context_.tls != nullptr) return context_.tls;
  return absl::FailedPreconditionError("target '" + target.text + "': " + *context_.no_tls);
}

void BridgeEndpoint::Accept(Listener& listener) {
  const Target& target = listener.acceptor->target();
  for (int i = 0; i < kAccepts; ++i) {
    auto accepted = listener.acceptor->Accept();
    if (!accepted.ok()) {
      if (absl::IsUnavailable(accepted.status())) return;
      // Out of descriptors, perhaps: the backlog holds those who wait until the next tick.
      VSW_LOG_WARN("bridge {}: {}", name_, accepted.status().ToString());
      return Unwatch(listener);
    }
    const size_t active = static_cast<size_t>(
        std::count_if(controllers_.begin(), controllers_.end(),
                      [](const Controller& controller) { return controller.connection_id != 0; }));
    if (connections_.size() - active >= context_.options->max_connections) {
      VSW_LOG_DEBUG("bridge {}: too many connections: {} turned away", name_, accepted->peer);
      continue;
    }
    auto stream = AcceptOn(target.transport, std::move(accepted->socket), context_.tls);
    if (!stream.ok()) {
      VSW_LOG_WARN("bridge {}: {}: {}", name_, accepted->peer, stream.status().ToString());
      continue;
    }
    Start(target, std::move(accepted->peer), std::move(*stream), (*context_.next_connection_id)++,
          MonotonicNs());
  }
}

void BridgeEndpoint::Start(const Target& target, std::string name, std::unique_ptr<Stream> stream,
                           uint64_t id, uint64_t now_ns) {
  Connection::Settings settings;
  settings.id = id;
  settings.name = std::move(name);
  settings.versions = settings_.versions & kAllOfVersions;
  // A local peer that is gone is seen without asking.
  const bool local = target.transport == Target::Transport::kUnix;
  settings.probe_ns = local ? 0 : settings_.inactivity_probe_ms * kMsNs;
  settings.hello_timeout_ns = context_.options->hello_timeout_ms * kMsNs;
  settings.session.packet_in_rate = settings_.packet_in_rate;
  settings.session.packet_in_burst = settings_.packet_in_burst;
  settings.session.bundle_timeout_ns = context_.options->bundle_timeout_ms * kMsNs;
  settings.session.software = context_.options->software;
  connections_[id] = std::make_unique<Connection>(std::move(settings), std::move(stream), hub_,
                                                  context_.poller, now_ns);
  status_changed_ = true;
}

void BridgeEndpoint::Connect(Controller& controller, uint64_t now_ns) {
  auto target = ParseTarget(controller.text);
  if (target.ok() && target->passive) {
    target = absl::InvalidArgumentError("target '" + controller.text + "' is a passive one");
  }
  if (!target.ok()) return Failed(controller, std::string(target.status().message()), now_ns);
  const auto tls = TlsFor(*target);
  if (!tls.ok()) return Failed(controller, std::string(tls.status().message()), now_ns);
  auto stream = ConnectTo(*target, *tls);
  if (!stream.ok()) return Failed(controller, std::string(stream.status().message()), now_ns);
  controller.connection_id = (*context_.next_connection_id)++;
  Start(*target, controller.text, std::move(*stream), controller.connection_id, now_ns);
  NoteState(controller, now_ns);
}

void BridgeEndpoint::Failed(Controller& controller, const std::string& why, uint64_t now_ns) {
  if (controller.last_error != why || controller.state == Connection::State::kRunning) {
    VSW_LOG_INFO("bridge {}: controller {}: {}", name_, controller.text, why);
  }
  controller.connection_id = 0;
  controller.last_error = why;
  controller.backoff.Lost(now_ns);
  controller.state = Connection::State::kClosed;
  controller.since_ns = now_ns;
  status_changed_ = true;
}

void BridgeEndpoint::NoteState(Controller& controller, uint64_t now_ns) {
  const auto it = connections_.find(controller.connection_id);
  if (it == connections_.end() || it->second->state() == controller.state) return;
  controller.state = it->second->state();
  controller.since_ns = now_ns;
  status_changed_ = true;
  if (controller.state == Connection::State::kRunning) {
    controller.backoff.Connected(now_ns);
    VSW_LOG_INFO("bridge {}: controller {}: connected", name_, controller.text);
  }
}

bool BridgeEndpoint::Turn(uint64_t now_ns) {
  bool again = false;
  for (const auto& [id, connection] : connections_) {
    if (!connection->ready()) continue;
    const Connection::State before = connection->state();
    connection->Turn(now_ns);
    status_changed_ |= connection->state() != before;
    again |= connection->ready() && connection->state() != Connection::State::kClosed;
  }
  if (status_changed_) {
    for (Controller& controller : controllers_) NoteState(controller, now_ns);
    RemoveClosed(now_ns);
    JudgeFailMode(now_ns);
  }
  return again;
}

void BridgeEndpoint::RemoveClosed(uint64_t now_ns) {
  for (Controller& controller : controllers_) {
    const auto it = connections_.find(controller.connection_id);
    if (it == connections_.end() || it->second->state() != Connection::State::kClosed) continue;
    Failed(controller, it->second->reason(), now_ns);
  }
  std::erase_if(connections_, [](const auto& entry) {
    return entry.second->state() == Connection::State::kClosed;
  });
}

void BridgeEndpoint::Tick(uint64_t now_ns) {
  for (const auto& [id, connection] : connections_) connection->Tick(now_ns);
  for (const auto& listener : listeners_) {
    if (listener->acceptor == nullptr && now_ns >= listener->retry_ns) Listen(*listener, now_ns);
    if (listener->acceptor != nullptr && !listener->watched) {
      context_.poller->Add(listener->acceptor->fd(), EPOLLIN, listener.get());
      listener->watched = true;
    }
  }
  for (Controller& controller : controllers_) NoteState(controller, now_ns);
  RemoveClosed(now_ns);
  for (Controller& controller : controllers_) {
    if (controller.connection_id == 0 && now_ns >= controller.backoff.next_ns()) {
      Connect(controller, now_ns);
    }
  }
  JudgeFailMode(now_ns);
}

void BridgeEndpoint::JudgeFailMode(uint64_t now_ns) {
  const bool controlled = std::any_of(
      controllers_.begin(), controllers_.end(),
      [](const Controller& controller) { return controller.state == Connection::State::kRunning; });
  if (controlled || controllers_.empty()) last_controlled_ns_ = now_ns;
  const uint64_t probe_ns =
      settings_.inactivity_probe_ms == 0 ? kDefaultProbeNs : settings_.inactivity_probe_ms * kMsNs;
  const bool open = !settings_.fail_secure && !controllers_.empty() && !controlled &&
                    now_ns - last_controlled_ns_ >= kFailOpenProbes * probe_ns;
  if (open == fail_open_) return;
  fail_open_ = open;
  status_changed_ = true;
  VSW_LOG_WARN("bridge {}: {}", name_,
               open ? "no controller answers: switching as NORMAL" : "back from fail-open");
  hub_->RunOnSlowThread([this, open] { hub_->SetFailOpen(open); });
}

bool BridgeEndpoint::WakeUp(uint64_t connection_id) {
  const auto it = connections_.find(connection_id);
  if (it == connections_.end()) return false;
  it->second->WakeUp();
  return true;
}

BridgeConnectionStatus BridgeEndpoint::Status(uint64_t now_ns) const {
  BridgeConnectionStatus status;
  status.fail_open = fail_open_;
  for (const auto& listener : listeners_) {
    status.listeners.push_back({listener->text,
                                listener->acceptor == nullptr ? "" : listener->acceptor->bound(),
                                listener->error});
  }
  std::vector<uint64_t> told;
  for (const Controller& controller : controllers_) {
    ConnectionStatus row;
    row.target = controller.text;
    row.active = true;
    row.state = PublicState(controller.state);
    row.in_state_ms = (now_ns - controller.since_ns) / kMsNs;
    row.last_error = controller.last_error;
    const auto it = connections_.find(controller.connection_id);
    if (it != connections_.end()) Describe(*it->second, &row);
    told.push_back(controller.connection_id);
    status.connections.push_back(std::move(row));
  }
  for (const auto& [id, connection] : connections_) {
    if (std::find(told.begin(), told.end(), id) != told.end()) continue;
    ConnectionStatus row;
    row.target = connection->name();
    row.state = PublicState(connection->state());
    row.in_state_ms = (now_ns - connection->since_ns()) / kMsNs;
    row.last_error = connection->reason();
    Describe(*connection, &row);
    status.connections.push_back(std::move(row));
  }
  return status;
}

}  // namespace vsw::ofconn
