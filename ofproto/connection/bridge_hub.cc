// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/bridge_hub.h"

#include <algorithm>

#include "ofproto/connection/session.h"

namespace vsw::ofconn {

void BridgeHub::Attach() {
  bridge_->AddObserver(this);
  bridge_->SetControllersConnected(false);
}

void BridgeHub::Detach() {
  if (bridge_ == nullptr) return;
  Settle();
  bridge_->SetControllersConnected(false);
  bridge_->SetFailOpen(false);
  bridge_->RemoveObserver(this);
  bridge_ = nullptr;
}

void BridgeHub::Join(std::shared_ptr<Session> session) {
  sessions_.push_back(std::move(session));
  if (bridge_ != nullptr && sessions_.size() == 1) bridge_->SetControllersConnected(true);
}

void BridgeHub::Leave(const Session* session) {
  std::erase_if(sessions_, [session](const auto& other) { return other.get() == session; });
  if (bridge_ != nullptr && sessions_.empty()) bridge_->SetControllersConnected(false);
}

void BridgeHub::SetFailOpen(bool active) {
  if (bridge_ != nullptr) bridge_->SetFailOpen(active);
}

void BridgeHub::MakeMaster(Session* session) {
  for (const auto& other : sessions_) {
    if (other.get() != session && other->role() == msg::Role::kMaster) {
      other->Demote(election_.generation());
    }
  }
}

void BridgeHub::Settle() {
  if (!uncommitted_) return;
  uncommitted_ = false;
  bridge_->Commit();
}

void BridgeHub::EndRequest() {
  in_request_ = false;
  FlushMonitors();
}

void BridgeHub::FlushMonitors() {
  if (!monitors_pending_) return;
  monitors_pending_ = false;
  const uint64_t now_ns = NowNs();
  for (const auto& session : sessions_) session->FlushMonitors(now_ns);
}

void BridgeHub::OnPacketIn(const PacketIn& packet_in) {
  const uint64_t now_ns = NowNs();
  for (const auto& session : sessions_) session->OnPacketIn(packet_in, now_ns);
}

void BridgeHub::OnFlowRemoved(const FlowRemoved& removed) {
  for (const auto& session : sessions_) session->OnFlowRemoved(removed);
}

void BridgeHub::OnPortStatus(const PortStatus& status) {
  for (const auto& session : sessions_) session->OnPortStatus(status);
}

void BridgeHub::OnTableStatus(uint8_t reason, const TableStats& table) {
  for (const auto& session : sessions_) session->OnTableStatus(reason, table);
}

void BridgeHub::OnFlowUpdate(const FlowUpdate& update, const RequestOrigin& origin) {
  bool anybody = false;
  for (const auto& session : sessions_) anybody |= !session->monitors().empty();
  if (!anybody) return;
  const uint64_t now_ns = NowNs();
  for (const auto& session : sessions_) {
    const bool own = origin.connection == session.get();
    session->monitors().OnUpdate(update, own ? &origin.xid : nullptr, now_ns);
  }
  monitors_pending_ = true;
  if (!in_request_) FlushMonitors();
}

void BridgeHub::OnGroupMod(const GroupMod& mod, const RequestOrigin& origin) {
  for (const auto& session : sessions_) {
    if (origin.connection != session.get()) session->OnGroupMod(mod);
  }
}

void BridgeHub::OnMeterMod(const MeterMod& mod, const RequestOrigin& origin) {
  for (const auto& session : sessions_) {
    if (origin.connection != session.get()) session->OnMeterMod(mod);
  }
}

}  // namespace vsw::ofconn
