// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/applier.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "datapath/apply/ofport_assignment.h"
#include "datapath/apply/underlay_config.h"
#include "datapath/tunnel/tunnel_config.h"

namespace vsw {
namespace {

constexpr uint64_t kFirstBackoffNs = 500'000'000;
constexpr uint64_t kMaxBackoffNs = 10'000'000'000;

std::string Option(const WantedPort& port, const std::string& key) {
  const auto it = port.options.find(key);
  return it == port.options.end() ? "" : it->second;
}

// Nothing where the options are wrong: then the port is not realised either.
TunnelFacts TunnelFactsOf(const WantedPort& port) {
  const TunnelKind kind = TunnelKindOf(KindName(port.kind));
  if (kind == TunnelKind::kNone) return {};
  const absl::StatusOr<TunnelConfig> config = ParseTunnelOptions(kind, port.options);
  return config.ok() ? config->facts : TunnelFacts{};
}

// Every bridge is told what packets may be a tunnel's, of whatever bridge.
void AddTunnelPorts(SlowPathConfig* config) {
  std::set<uint16_t> udp_ports;
  bool has_gre = false;
  for (const SlowPathBridge& bridge : config->bridges) {
    for (const SlowPathPort& port : bridge.ports) {
      has_gre |= port.tunnel.kind == TunnelKind::kGre;
      if (port.tunnel.udp_port != 0) udp_ports.insert(port.tunnel.udp_port);
    }
  }
  for (SlowPathBridge& bridge : config->bridges) {
    bridge.tunnel_udp_ports.assign(udp_ports.begin(), udp_ports.end());
    bridge.has_gre = has_gre;
  }
}

}  // namespace

Applier::Applier(WorkerSet* workers, SlowPath* slow_path, PortMaker make_port, LeftoverSweep sweep,
                 UnderlaySide underlay)
    : workers_(workers),
      slow_path_(slow_path),
      make_port_(std::move(make_port)),
      sweep_(std::move(sweep)),
      underlay_(std::move(underlay)),
      report_(std::make_shared<StateReport>()) {}

Applier::~Applier() {
  for (auto& [name, row] : rows_) {
    if (row.polled) workers_->RemovePort(row.number);
  }
}

absl::Status Applier::Apply(const WantedState& wanted, const std::function<void()>& load_rules) {
  if (wanted.revision < applied_.revision) {
    return FailedPrecondition(
        "revision {} is older than {}, which the switch runs; send the latest", wanted.revision,
        applied_.revision);
  }
  const Difference difference = Compare(applied_, wanted);
  std::vector<Leaver> leavers;
  Reoption(difference, wanted, &leavers);
  DetachRemoved(difference, wanted, &leavers);
  TakeAway(std::move(leavers));
  UpdateBridges(difference, wanted);
  UpdateRows(wanted);
  static_fdb_ = wanted.static_fdb;
  applied_ = wanted;
  AssignNumbers();
  OpenPorts(/*only_due=*/false);
  ConfigureSlowPath();
  if (load_rules) load_rules();
  StartPolling();
  SweepLeftovers();
  Publish();
  return absl::OkStatus();
}

void Applier::SweepLeftovers() {
  if (!sweep_) return;
  std::set<std::string> wanted;
  for (const auto& [name, row] : rows_) wanted.insert(name);
  std::exchange(sweep_, {})(wanted);
}

void Applier::Reoption(const Difference& difference, const WantedState& wanted,
                       std::vector<Leaver>* leavers) {
  for (const std::string& name : difference.ports_reoptioned) {
    Row& row = rows_.at(name);
    row.wanted.options = wanted.ports.at(name).options;
    if (row.port != nullptr) ReconfigureRow(&row, leavers);
  }
  // Who refused its options before is asked again with each Apply().
  for (auto& [name, row] : rows_) {
    if (row.options_refused && row.port != nullptr && wanted.ports.contains(name) &&
        row.retry_ns <= workers_->NowNs()) {
      ReconfigureRow(&row, leavers);
    }
  }
}

void Applier::ReconfigureRow(Row* row, std::vector<Leaver>* leavers) {
  const absl::Status status = row->port->Reconfigure(row->wanted.options);
  if (status.ok()) {
    row->options_refused = false;
    row->failure.clear();
    row->retry_ns = row->backoff_ns = 0;
  } else if (absl::IsFailedPrecondition(status)) {
    row->options_refused = false;
    leavers->push_back({std::move(row->port), row->number, std::exchange(row->polled, false),
                        /*removed=*/false, /*retire=*/false});
  } else {
    row->options_refused = true;
    Fail(row, std::string(status.message()) + "; the port goes on with its former options",
         kFirstBackoffNs);
  }
}

void Applier::DetachRemoved(const Difference& difference, const WantedState& wanted,
                            std::vector<Leaver>* leavers) {
  for (const std::string& name : difference.ports_removed) {
    Row& row = rows_.at(name);
    // The same kind under the same name on another bridge is the same kernel device.
    const auto successor = wanted.ports.find(name);
    const bool retire =
        successor == wanted.ports.end() || successor->second.kind != row.wanted.kind;
    leavers->push_back({std::move(row.port), row.number, row.polled, /*removed=*/true, retire});
    rows_.erase(name);
  }
}

void Applier::TakeAway(std::vector<Leaver> leavers) {
  if (leavers.empty()) return;
  ConfigureSlowPath();
  for (Leaver& leaver : leavers) {
    if (leaver.polled) workers_->RemovePort(leaver.number);
    if (leaver.port != nullptr && leaver.retire) leaver.port->Retire();
    leaver.port.reset();
    if (!leaver.removed || leaver.number == kNoPort) continue;
    workers_->ForgetCounters(leaver.number);
    port_numbers_.Release(ToInt(leaver.number), workers_->NowNs());
  }
}

void Applier::UpdateBridges(const Difference& difference, const WantedState& wanted) {
  for (const std::string& name : difference.bridges_removed) {
    bridge_numbers_.Release(ToInt(bridges_.at(name).id), workers_->NowNs());
    bridges_.erase(name);
  }
  for (const std::string& name : difference.bridges_added) {
    const std::optional<uint32_t> id = bridge_numbers_.Allocate(workers_->NowNs());
    VSW_CHECK(id.has_value());
    bridges_[name].id = BridgeId{*id};
  }
  for (auto& [name, row] : bridges_) row.wanted = wanted.bridges.at(name);
}

void Applier::UpdateRows(const WantedState& wanted) {
  for (const auto& [name, port] : wanted.ports) rows_[name].wanted = port;
}

void Applier::AssignNumbers() {
  std::map<std::string, std::vector<OfPortRequest>> requests;
  for (auto& [name, row] : rows_) {
    if (row.number == kNoPort) {
      row.number = PortNo{port_numbers_.Allocate(workers_->NowNs()).value_or(0)};
    }
    const WantedPort& port = row.wanted;
    const bool is_local = port.kind == PortKind::kInternal && name == port.bridge;
    requests[port.bridge].push_back({name, port.ofport, row.ofport, is_local});
  }
  for (const auto& [bridge, list] : requests) {
    for (const auto& [name, result] : AssignOfPorts(list)) {
      Row& row = rows_.at(name);
      const bool had_none = row.ofport == 0;
      row.ofport = result.number;
      if (result.number == 0) {
        Fail(&row,
             result.taken_by.empty()
                 ? fmt::format("bridge '{}' has no OpenFlow port number left; remove ports", bridge)
                 : fmt::format("OpenFlow port {} of bridge '{}' is taken by port '{}'; choose "
                               "another ofport, or 0 for any",
                               row.wanted.ofport, bridge, result.taken_by),
             0);
      } else if (had_none && !row.options_refused) {
        row.failure.clear();
      }
    }
  }
}

void Applier::OpenPorts(bool only_due) {
  const uint64_t now = workers_->NowNs();
  for (auto& [name, row] : rows_) {
    if (row.port != nullptr || row.wanted.kind == PortKind::kPatch || row.ofport == 0) continue;
    if (only_due && (row.retry_ns == 0 || row.retry_ns > now)) continue;
    Open(&row, now);
  }
}

void Applier::Open(Row* row, uint64_t now_ns) {
  if (row->number == kNoPort) {
    Fail(row, fmt::format("the switch holds {} ports already; remove some", kFirstUnderlayPort - 1),
         0);
    return;
  }
  absl::StatusOr<std::unique_ptr<Port>> port =
      make_port_({row->number, row->wanted.name, KindName(row->wanted.kind), row->wanted.options,
                  bridges_.at(row->wanted.bridge).id});
  if (!port.ok()) {
    Fail(row, std::string(port.status().message()), kFirstBackoffNs);
    return;
  }
  if (!row->failure.empty()) VSW_LOG_INFO("port {}: realised now", row->wanted.name);
  row->port = *std::move(port);
  row->failure.clear();
  row->retry_ns = row->backoff_ns = 0;
}

void Applier::Fail(Row* row, const std::string& reason, uint64_t retry_after_ns) {
  if (row->failure != reason) VSW_LOG_WARN("port {}: {}", row->wanted.name, reason);
  row->failure = reason;
  if (retry_after_ns == 0) {
    row->retry_ns = row->backoff_ns = 0;
    return;
  }
  row->backoff_ns =
      row->backoff_ns == 0 ? retry_after_ns : std::min(row->backoff_ns * 2, kMaxBackoffNs);
  row->retry_ns = workers_->NowNs() + row->backoff_ns;
}

void Applier::ResolvePatches() {
  for (auto& [name, row] : rows_) {
    if (row.wanted.kind != PortKind::kPatch || row.ofport == 0) continue;
    row.patch_peer = kNoPort;
    const std::string peer_name = Option(row.wanted, "peer");
    const auto it = rows_.find(peer_name);
    if (row.number == kNoPort) {
      Fail(&row,
           fmt::format("the switch holds {} ports already; remove some", kFirstUnderlayPort - 1),
           0);
    } else if (peer_name.empty()) {
      Fail(&row, "a patch port needs the option peer: the name of its other end", 0);
    } else if (it == rows_.end() || it->second.wanted.kind != PortKind::kPatch) {
      Fail(&row,
           fmt::format("peer '{}' {}; add a patch port '{}' with peer={} to another bridge",
                       peer_name, it == rows_.end() ? "does not exist" : "is no patch port",
                       peer_name, name),
           0);
    } else if (Option(it->second.wanted, "peer") != name) {
      Fail(&row,
           fmt::format("peer '{}' has '{}' as its own peer; set peer={} there", peer_name,
                       Option(it->second.wanted, "peer"), name),
           0);
    } else if (it->second.wanted.bridge == row.wanted.bridge) {
      Fail(&row,
           fmt::format("peer '{}' is on the same bridge '{}'; a patch joins two bridges", peer_name,
                       row.wanted.bridge),
           0);
    } else if (it->second.ofport == 0 || it->second.number == kNoPort) {
      Fail(&row, fmt::format("peer '{}' has failed; see its reason", peer_name), 0);
    } else {
      row.patch_peer = it->second.number;
      row.failure.clear();
    }
  }
}

SlowPathConfig Applier::BuildConfig() const {
  SlowPathConfig config;
  std::map<std::string, size_t> index;
  for (const auto& [name, bridge] : bridges_) {
    index[name] = config.bridges.size();
    config.bridges.push_back({.id = bridge.id,
                              .name = name,
                              .dpid = bridge.wanted.dpid,
                              .fdb_ageing_seconds = bridge.wanted.fdb_ageing_seconds,
                              .fdb_max_entries = bridge.wanted.fdb_max_entries,
                              .ports = {},
                              .static_fdb = {},
                              .fail_secure = bridge.wanted.fail_secure,
                              .controllers = bridge.wanted.controllers,
                              .tunnel_locals = {},
                              .tunnel_udp_ports = {},
                              .listeners = bridge.wanted.listeners,
                              .tlv_map = bridge.wanted.tlv_map});
  }
  for (const auto& [name, row] : rows_) {
    if (row.number == kNoPort || row.ofport == 0) continue;
    const WantedPort& port = row.wanted;
    const bool is_patch = port.kind == PortKind::kPatch;
    const bool realised = is_patch ? row.patch_peer != kNoPort : row.port != nullptr;
    config.bridges[index.at(port.bridge)].ports.push_back(
        {.number = row.number,
         .name = name,
         .ofport = OfPort{row.ofport},
         .vlan_mode = port.vlan.mode,
         .tag = port.vlan.tag,
         .trunks = port.vlan.trunks,
         .cvlans = port.vlan.cvlans,
         .qinq_ethertype = port.vlan.qinq_ethertype,
         .priority_tags = port.vlan.priority_tags,
         .is_patch = is_patch,
         .patch_peer = row.patch_peer,
         .usable = realised && Option(port, "admin-state") != "down",
         .mac = row.info.mac,
         .link_up = row.info.link_up,
         .speed_mbps = row.info.speed_mbps,
         .tunnel = TunnelFactsOf(port)});
  }
  AddTunnelPorts(&config);
  AddTunnelLocals(&config);
  for (const WantedStaticEntry& entry : static_fdb_) {
    const auto row = rows_.find(entry.port);
    const auto bridge = index.find(entry.bridge);
    if (row == rows_.end() || bridge == index.end() || row->second.number == kNoPort ||
        row->second.ofport == 0 || row->second.wanted.bridge != entry.bridge) {
      continue;
    }
    config.bridges[bridge->second].static_fdb.push_back(
        {entry.vlan, entry.mac, row->second.number});
  }
  return config;
}

void Applier::ReadFacts() {
  for (auto& [name, row] : rows_) {
    row.info = row.port != nullptr ? row.port->ReadInfo() : PortInfo{};
    if (row.port == nullptr && row.patch_peer != kNoPort) {
      row.info.link_up = Option(row.wanted, "admin-state") != "down";
    }
  }
}

void Applier::ConfigureUnderlay() {
  if (!underlay_.configure) return;
  UnderlayConfig config;
  for (const auto& [name, row] : rows_) {
    if (row.port != nullptr) AddToUnderlay(row.wanted, row.number, row.info, row.polled, &config);
  }
  underlay_.configure(config);
}

void Applier::AddTunnelLocals(SlowPathConfig* config) const {
  if (!underlay_.locals) return;
  for (const TunnelLocal& local : underlay_.locals()) {
    for (SlowPathBridge& bridge : config->bridges) {
      const bool here = std::any_of(bridge.ports.begin(), bridge.ports.end(),
                                    [&](const auto& port) { return port.number == local.port; });
      if (here) bridge.tunnel_locals.push_back(local);
    }
  }
}

void Applier::ConfigureSlowPath() {
  ResolvePatches();
  ReadFacts();
  ConfigureUnderlay();
  SlowPathConfig config = BuildConfig();
  if (config.bridges == configured_.bridges) return;
  workers_->RunOnSlowThread([&] { slow_path_->Configure(config); });
  configured_ = std::move(config);
}

void Applier::StartPolling() {
  bool any = false;
  for (auto& [name, row] : rows_) {
    if (row.port == nullptr || row.polled) continue;
    workers_->AddPort(row.port.get());
    any = row.polled = true;
  }
  if (any) ConfigureUnderlay();  // which sends by them from now on
}

void Applier::RetryDue() {
  const uint64_t now = workers_->NowNs();
  std::vector<Leaver> leavers;
  for (auto& [name, row] : rows_) {
    if (row.options_refused && row.port != nullptr && row.retry_ns <= now) {
      ReconfigureRow(&row, &leavers);
    }
  }
  TakeAway(std::move(leavers));
  OpenPorts(/*only_due=*/true);
  for (auto& [name, row] : rows_) {
    // Just taken away to be made anew.
    if (row.port == nullptr && row.retry_ns == 0 && row.failure.empty() &&
        row.wanted.kind != PortKind::kPatch && row.ofport != 0) {
      Open(&row, now);
    }
  }
  ConfigureSlowPath();
  StartPolling();
  Publish();
}

std::optional<uint64_t> Applier::next_retry_ns() const {
  std::optional<uint64_t> next;
  for (const auto& [name, row] : rows_) {
    if (row.retry_ns != 0) next = std::min(next.value_or(UINT64_MAX), row.retry_ns);
  }
  return next;
}

void Applier::RefreshInfo() {
  ConfigureSlowPath();
  Publish();
}

StateReportPtr Applier::report() const {
  const std::lock_guard lock(report_mutex_);
  return report_;
}

void Applier::Publish() {
  auto next = std::make_shared<StateReport>();
  next->applied_revision = applied_.revision;
  for (const auto& [name, bridge] : bridges_) {
    next->bridges.push_back({name, bridge.id, bridge.wanted.dpid, ""});
  }
  for (const auto& [name, row] : rows_) {
    PortReport report{.name = name,
                      .bridge = row.wanted.bridge,
                      .kind = row.wanted.kind,
                      .number = row.number,
                      .ofport = row.ofport,
                      .failure = row.failure,
                      .info = row.info,
                      .device = {}};
    if (row.port != nullptr) report.device = row.port->ReadDeviceCounters();
    next->ports.push_back(std::move(report));
  }
  if (underlay_.port_names) next->underlay_ports = underlay_.port_names();
  const StateReportPtr previous = report();
  next->version = previous->version + (SaysTheSame(*previous, *next) ? 0 : 1);
  const std::lock_guard lock(report_mutex_);
  report_ = std::move(next);
}

}  // namespace vsw
