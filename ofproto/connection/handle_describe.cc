// SPDX-License-Identifier: Apache-2.0
//
// Requests about what the switch is and has: features, configuration, description, tables, ports.
#include <algorithm>

#include "ofproto/connection/handlers.h"

namespace vsw::ofconn {

OfStatus Handle(Call& call, const msg::FeaturesRequest&) {
  SwitchFeatures features;
  features.dpid = call.bridge.dpid();
  // From 1.3 on ports are asked for by PORT_DESC.
  if (call.version() < OfVersion::k13) features.ports = call.bridge.ListPorts();
  call.Reply(EncodeFeatures(call.version(), call.xid, features));
  return {};
}

OfStatus Handle(Call& call, const msg::GetConfigRequest&) {
  msg::SetConfig config{};
  config.fragments = call.bridge.fragment_handling();
  config.invalid_ttl_to_controller = call.session.async().invalid_ttl();
  config.miss_send_len = call.session.miss_send_len();
  call.Reply(EncodeConfig(call.version(), call.xid, config));
  return {};
}

// Packets are never buffered, and what is not buffered is sent whole: miss_send_len is kept for
// those who ask, and cuts nothing.
OfStatus Handle(Call& call, const msg::SetConfig& config) {
  if (config.fragments == FragmentHandling::kReassemble) {
    return {OfErrorId::kSwitchConfigBadFlags, "fragments are not reassembled"};
  }
  Session& session = call.session;
  // What is the bridge's a slave leaves alone; the rest is its own.
  if (!session.is_slave() && config.fragments != call.bridge.fragment_handling()) {
    call.bridge.SetFragmentHandling(config.fragments);
    call.Changed();
  }
  session.set_miss_send_len(config.miss_send_len);
  if (call.version() < OfVersion::k13) {
    session.async().SetInvalidTtl(config.invalid_ttl_to_controller);
  }
  return {};
}

OfStatus Handle(Call& call, const msg::DescRequest&) {
  const SwitchDesc desc{"vsw", "software switch", call.session.settings().software, "None",
                        call.bridge.name()};
  call.Reply(EncodeDesc(call.version(), call.xid, desc));
  return {};
}

OfStatus Handle(Call& call, const msg::TableStatsRequest&) {
  call.Settle();
  call.Reply(EncodeTableStats(call.version(), call.xid, call.bridge.ListTables()));
  return {};
}

OfStatus Handle(Call& call, const msg::TableDescRequest&) {
  call.Reply(EncodeTableDesc(call.version(), call.xid, call.bridge.ListTables()));
  return {};
}

OfStatus Handle(Call& call, const msg::TableFeaturesRequest& request) {
  if (request.wants_change) return OfErrorId::kTableFeaturesPermission;
  call.Reply(EncodeTableFeatures(call.version(), call.xid, call.bridge.ListTables()));
  return {};
}

OfStatus Handle(Call& call, const msg::PortDescRequest& request) {
  std::vector<PortDesc> ports = call.bridge.ListPorts();
  if (request.port != kOfpAny) {
    std::erase_if(ports, [&](const PortDesc& desc) { return desc.port != request.port; });
  }
  call.Reply(EncodePortDesc(call.version(), call.xid, ports));
  return {};
}

OfStatus Handle(Call& call, const msg::GroupFeaturesRequest&) {
  call.Reply(EncodeGroupFeatures(call.version(), call.xid));
  return {};
}

OfStatus Handle(Call& call, const msg::MeterFeaturesRequest&) {
  call.Reply(EncodeMeterFeatures(call.version(), call.xid));
  return {};
}

OfStatus Handle(Call& call, const msg::TlvTableRequest&) {
  call.Reply(EncodeTlvTable(call.version(), call.xid, call.bridge.ListTlvTable()));
  return {};
}

OfStatus Handle(Call&, const msg::IpfixRequest&) {
  return {OfErrorId::kBadExpType, "flows are not exported by IPFIX"};
}

}  // namespace vsw::ofconn
