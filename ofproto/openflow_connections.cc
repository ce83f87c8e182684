// SPDX-License-Identifier: Apache-2.0
#include "ofproto/openflow_connections.h"

#include <utility>

namespace vsw {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;

const char* RoleName(msg::Role role) {
  switch (role) {
    case msg::Role::kMaster:
      return "master";
    case msg::Role::kSlave:
      return "slave";
    default:
      return "other";
  }
}

const char* VersionName(OfVersion version) {
  switch (version) {
    case OfVersion::k10:
      return "OpenFlow 1.0";
    case OfVersion::k11:
      return "OpenFlow 1.1";
    case OfVersion::k12:
      return "OpenFlow 1.2";
    case OfVersion::k13:
      return "OpenFlow 1.3";
    case OfVersion::k14:
      return "OpenFlow 1.4";
    case OfVersion::k15:
      return "OpenFlow 1.5";
  }
  return "";
}

OpenFlowConnectionInfo InfoOf(const ConnectionStatus& status) {
  OpenFlowConnectionInfo info;
  info.target = status.target;
  info.state = StateName(status.state);
  info.connected = status.state == ConnectionStatus::State::kConnected;
  if (info.connected) info.role = RoleName(status.role);
  if (status.version) info.version = VersionName(*status.version);
  info.error = status.last_error;
  info.since_ns = status.in_state_ms * kNsPerMs;
  return info;
}

OpenFlowConnectionInfo InfoOf(const ListenerStatus& status) {
  OpenFlowConnectionInfo info;
  info.target = status.target;
  info.state = status.bound.empty() ? "failed" : "listening";
  info.error = status.error;
  return info;
}

}  // namespace

OpenFlowConnections::OpenFlowConnections(OpenFlowServerOptions options, DatapathControl* control,
                                         Switch* bridges)
    : control_(control), bridges_(bridges), server_(std::move(options), control) {
  server_.Start();
  control_->RunOnSlowThread([this] { bridges_->SetWatcher(this); });
}

OpenFlowConnections::~OpenFlowConnections() {
  control_->RunOnSlowThread([this] { bridges_->SetWatcher(nullptr); });
  server_.Stop();
}

void OpenFlowConnections::BridgeConfigured(const SlowPathBridge& config, BridgeControl* control) {
  BridgeConnectionSettings settings;
  settings.controllers = config.controllers;
  settings.listeners = config.listeners;
  settings.fail_secure = config.fail_secure;
  server_.SetBridge(config.id, control, settings);
}

void OpenFlowConnections::BridgeRemoved(BridgeId bridge, BridgeControl*) {
  server_.RemoveBridge(bridge);
}

std::vector<OpenFlowConnectionInfo> OpenFlowConnections::Connections(BridgeId bridge) const {
  const BridgeConnectionStatus status = server_.Status(bridge);
  std::vector<OpenFlowConnectionInfo> result;
  for (const ConnectionStatus& connection : status.connections) {
    result.push_back(InfoOf(connection));
  }
  for (const ListenerStatus& listener : status.listeners) result.push_back(InfoOf(listener));
  return result;
}

}  // namespace vsw
