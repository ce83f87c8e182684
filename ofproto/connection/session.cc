// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "ofproto/connection/handlers.h"

namespace vsw::ofconn {

Session::Session(std::shared_ptr<BridgeHub> hub, std::shared_ptr<Outbox> outbox, Settings settings)
    : hub_(std::move(hub)),
      outbox_(std::move(outbox)),
      settings_(std::move(settings)),
      async_(settings_.version),
      bundles_(hub_->bundled_messages()),
      monitors_(settings_.version, outbox_.get()),
      miss_limit_(settings_.packet_in_rate, settings_.packet_in_burst),
      action_limit_(settings_.packet_in_rate, settings_.packet_in_burst) {
  dialect_.version = settings_.version;
}

void Session::SendError(const OfStatus& status, const Quote& quote, uint32_t xid) {
  outbox_->Add(Outbox::Kind::kReply, EncodeError(version(), status, xid, quote.bytes()));
}

size_t Session::Handle(std::span<Inbound> batch, uint64_t now_ns) {
  size_t handled = 0;
  for (; handled < batch.size() && !outbox_->full(); ++handled) {
    if (hub_->bridge() == nullptr) return batch.size();
    HandleOne(batch[handled], now_ns);
  }
  // Replies leave when this returns: what they promise must be so by then.
  hub_->Settle();
  NoteState();
  return handled;
}

void Session::HandleOne(Inbound& message, uint64_t now_ns) {
  OfStatus status = message.error;
  if (message.request.has_value()) {
    Request& request = *message.request;
    if (is_slave() && NeedsMaster(request.body)) {
      status = OfErrorId::kIsSlave;
    } else {
      Call call{*this, *hub_->bridge(), message.quote, message.xid, request.nicira, now_ns};
      hub_->BeginRequest();
      status = std::visit([&call](auto& body) { return ofconn::Handle(call, body); }, request.body);
      hub_->EndRequest();
    }
  }
  if (!status.ok()) SendError(status, message.quote, message.xid);
}

void Session::NoteState() {
  has_bundles_.store(!bundles_.empty(), std::memory_order_relaxed);
  waits_for_drain_.store(monitors_.paused(), std::memory_order_relaxed);
}

void Session::Expire(uint64_t now_ns) {
  for (const Quote& opened_by : bundles_.TakeExpired(now_ns, settings_.bundle_timeout_ns)) {
    SendError(OfErrorId::kBundleTimeout, opened_by, opened_by.xid());
  }
  NoteState();
}

void Session::OnDrained() {
  if (monitors_.paused() && hub_->bridge() != nullptr) {
    monitors_.Resume(hub_->bridge(), hub_->control());
  }
  NoteState();
}

void Session::FlushMonitors(uint64_t now_ns) {
  monitors_.Flush(now_ns);
  NoteState();
}

void Session::OnPacketIn(const PacketIn& packet_in, uint64_t now_ns) {
  if (packet_in.controller_id != controller_id_) return;
  const auto reason = WireReason(version(), packet_in.reason);
  if (!reason.has_value() ||
      !async_.Wants(&msg::AsyncConfig::packet_in, is_slave(), static_cast<uint32_t>(*reason))) {
    return;
  }
  TokenBucket& limit = *reason == PacketInReason::kNoMatch ? miss_limit_ : action_limit_;
  if (!limit.Take(now_ns)) return outbox_->CountDroppedPacketIn();
  if (*reason == packet_in.reason) {
    outbox_->Add(Outbox::Kind::kPacketIn, EncodePacketIn(dialect_, packet_in));
    return;
  }
  PacketIn translated = packet_in;
  translated.reason = *reason;
  outbox_->Add(Outbox::Kind::kPacketIn, EncodePacketIn(dialect_, translated));
}

void Session::OnFlowRemoved(const FlowRemoved& removed) {
  const FlowRemovedReason reason = WireReason(version(), removed.reason);
  if (!async_.Wants(&msg::AsyncConfig::flow_removed, is_slave(), static_cast<uint32_t>(reason))) {
    return;
  }
  FlowRemoved translated{removed.flow, reason};
  outbox_->Add(Outbox::Kind::kAsync, EncodeFlowRemoved(dialect_, translated));
}

void Session::OnPortStatus(const PortStatus& status) {
  if (!async_.Wants(&msg::AsyncConfig::port_status, is_slave(),
                    static_cast<uint32_t>(status.reason))) {
    return;
  }
  outbox_->Add(Outbox::Kind::kAsync, EncodePortStatus(version(), status));
}

void Session::OnTableStatus(uint8_t reason, const TableStats& table) {
  if (!async_.Wants(&msg::AsyncConfig::table_status, is_slave(), reason)) return;
  outbox_->Add(Outbox::Kind::kAsync, EncodeTableStatus(version(), reason, table));
}

void Session::OnGroupMod(const GroupMod& mod) {
  if (!async_.Wants(&msg::AsyncConfig::requestforward, is_slave(), 0)) return;
  outbox_->Add(Outbox::Kind::kAsync, EncodeRequestForward(version(), mod));
}

void Session::OnMeterMod(const MeterMod& mod) {
  if (!async_.Wants(&msg::AsyncConfig::requestforward, is_slave(), 1)) return;
  outbox_->Add(Outbox::Kind::kAsync, EncodeRequestForward(version(), mod));
}

void Session::Demote(const std::optional<uint64_t>& generation) {
  set_role(msg::Role::kSlave);
  // Of the reasons, that of another controller's request.
  constexpr auto kReason = RoleStatusReason::kMasterRequest;
  if (!async_.Wants(&msg::AsyncConfig::role_status, false, static_cast<uint32_t>(kReason))) return;
  outbox_->Add(Outbox::Kind::kAsync, EncodeRoleStatus(version(), msg::Role::kSlave, kReason,
                                                      generation.value_or(~uint64_t{0})));
}

}  // namespace vsw::ofconn
