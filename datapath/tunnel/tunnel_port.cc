// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/tunnel_port.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "datapath/tunnel/outer_headers.h"

namespace vsw {
namespace {

constexpr uint32_t kInnerEthernetBytes = 14;

// L3 bytes of what fits inside without tags and options.
uint32_t MtuInside(const TunnelConfig& config, const IpAddress& remote, uint32_t mtu) {
  const NextHop next_hop = {.local = remote, .mtu = mtu};
  const uint32_t frame = OuterHeaders(config, remote, next_hop).MaxInnerBytes(0);
  return frame > kInnerEthernetBytes ? frame - kInnerEthernetBytes : 0;
}

bool HasManyRemotes(const TunnelFacts& facts) {
  return facts.remote_is_flow || facts.local_is_flow || facts.replicates();
}

std::string KeyText(bool is_flow, const std::optional<uint64_t>& key) {
  if (is_flow) return "flow";
  return key.has_value() ? std::to_string(*key) : "none";
}

std::string RemoteText(const TunnelFacts& facts) {
  if (facts.remote_is_flow) return "flow";
  std::string text;
  for (const IpAddress& remote : facts.remotes) {
    text += (text.empty() ? "" : ",") + remote.ToString();
  }
  return text;
}

void DescribeOptions(const TunnelFacts& facts, std::map<std::string, std::string>* info) {
  (*info)["remote"] = RemoteText(facts);
  (*info)["local"] = facts.local_is_flow      ? "flow"
                     : facts.local.is_unset() ? "any"
                                              : facts.local.ToString();
  (*info)["in-key"] = KeyText(facts.in_key_is_flow, facts.in_key);
  (*info)["out-key"] = KeyText(facts.out_key_is_flow, facts.out_key);
  if (facts.udp_port != 0) (*info)["udp-port"] = std::to_string(facts.udp_port);
}

}  // namespace

TunnelPort::TunnelPort(const TunnelEnvironment& environment, PortNo number, const std::string& name,
                       BridgeId bridge, TunnelKind kind, bool many_remotes)
    : Port(number, name),
      env_(environment),
      bridge_(bridge),
      kind_(kind),
      many_remotes_(many_remotes) {
  for (TunnelOutlet* outlet : env_.outlets) {
    encapsulators_.push_back(
        std::make_unique<Encapsulator>(number, env_.next_hops, outlet, env_.pool, many_remotes));
  }
}

TunnelPort::~TunnelPort() {
  env_.tunnels->Remove(number());
  delete config_.load();
}

absl::StatusOr<std::unique_ptr<Port>> TunnelPort::Make(
    const TunnelEnvironment& environment, PortNo number, const std::string& name, BridgeId bridge,
    TunnelKind kind, const std::map<std::string, std::string>& options) {
  VSW_ASSIGN_OR_RETURN(TunnelConfig config, ParseTunnelOptions(kind, options));
  std::unique_ptr<TunnelPort> port(
      new TunnelPort(environment, number, name, bridge, kind, HasManyRemotes(config.facts)));
  VSW_RETURN_IF_ERROR(port->Configure(std::move(config)));
  return port;
}

absl::Status TunnelPort::Configure(TunnelConfig config) {
  VSW_RETURN_IF_ERROR(env_.tunnels->Set(number(), name(), bridge_, config.facts));
  auto next = std::make_unique<EncapConfig>(EncapConfig{std::move(config), ++version_});
  const std::unique_ptr<const EncapConfig> former(
      config_.exchange(next.release(), std::memory_order_acq_rel));
  if (former != nullptr) env_.synchronize();
  return absl::OkStatus();
}

absl::Status TunnelPort::Reconfigure(const std::map<std::string, std::string>& options) {
  VSW_ASSIGN_OR_RETURN(TunnelConfig config, ParseTunnelOptions(kind_, options));
  if (HasManyRemotes(config.facts) && !many_remotes_) {
    return FailedPrecondition("the port was made for one remote");
  }
  return Configure(std::move(config));
}

void TunnelPort::Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) {
  const EncapConfig* config = config_.load(std::memory_order_acquire);
  if (!config->config.up) [[unlikely]] {
    counters.Drop(DropReason::kTxPortDown, burst.size());
    return rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
  }
  encapsulators_[ToInt(worker)]->Run(*config, burst, counters);
}

PortInfo TunnelPort::ReadInfo() const {
  const TunnelConfig& config = config_.load(std::memory_order_acquire)->config;
  PortInfo info;
  info.link_up = config.up;
  info.mtu = config.mtu;
  DescribeOptions(config.facts, &info.facts);
  size_t ready = 0;
  uint32_t narrowest = 0;
  for (const IpAddress& remote : config.facts.remotes) {
    const auto way =
        env_.describe_way ? env_.describe_way({config.facts.local, remote}) : std::nullopt;
    if (!way.has_value()) continue;
    ready += way->ready ? 1 : 0;
    if (config.facts.remotes.size() == 1) info.facts["way"] = way->text;
    if (way->mtu == 0) continue;
    const uint32_t inside = MtuInside(config, remote, way->mtu);
    narrowest = narrowest == 0 ? inside : std::min(narrowest, inside);
  }
  if (config.facts.replicates()) {
    info.facts["ways"] = fmt::format("{} of {} ready", ready, config.facts.remotes.size());
  }
  if (narrowest == 0) return info;
  if (config.mtu > narrowest) {
    info.facts["warning"] =
        fmt::format("mtu={} is more than the {} that the underlay leaves", config.mtu, narrowest);
  }
  info.mtu = config.mtu == 0 ? narrowest : std::min(config.mtu, narrowest);
  return info;
}

}  // namespace vsw
