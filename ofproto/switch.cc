// SPDX-License-Identifier: Apache-2.0
#include "ofproto/switch.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/status.h"
#include "ofproto/translate/notes.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"
#include "ofproto/translate/translator.h"
#include "ofproto/translate/vlan_rules.h"

namespace vsw {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint32_t kDefaultAgeingSeconds = 300;
constexpr uint32_t kDefaultMaxEntries = 8192;
// Addresses that one timer call forgets per bridge: bounds the pause that others see.
constexpr size_t kMaxAgedPerCall = 16384;
// Beyond this, looking for single megaflows costs more than translating all of them again.
constexpr size_t kMaxTagsPerInvalidation = 32768;

uint64_t AgeingNs(const SlowPathBridge& bridge) {
  const uint32_t seconds = bridge.fdb_ageing_seconds;
  return (seconds == 0 ? kDefaultAgeingSeconds : seconds) * kNsPerSecond;
}
uint32_t MaxEntries(const SlowPathBridge& bridge) {
  return bridge.fdb_max_entries == 0 ? kDefaultMaxEntries : bridge.fdb_max_entries;
}
const SlowPathBridge* FindConfig(const SlowPathConfig& config, BridgeId id) {
  for (const SlowPathBridge& bridge : config.bridges) {
    if (bridge.id == id) return &bridge;
  }
  return nullptr;
}

}  // namespace

Switch::Switch()
    : snapshot_(std::make_unique<const ConfigSnapshot>()), published_(snapshot_.get()) {}
Switch::~Switch() = default;

void Switch::Translate(const FlowKey& key, Translation* result) const noexcept {
  TranslatePacket(*published_.load(std::memory_order_acquire), &frozen_, key, result);
}

void Switch::Configure(const SlowPathConfig& config) {
  VSW_CHECK(control_ != nullptr);
  SlowPathConfig next = Normalised(config);
  if (next.bridges == running_.bridges) return;
  const ConfigDiff diff = Compare(running_, next);
  Doomed doomed = AdoptBridges(next);
  const std::vector<StatId> unused_stats = AdoptPatchPorts(next);
  bfd_.Configure(next, control_->NowNs());
  std::unique_ptr<const ConfigSnapshot> old = Publish(next);

  std::vector<Tag> tags;
  for (const PortNo port : diff.changed) tags.push_back(PortTag(port));
  for (const BridgeId bridge : diff.floods) tags.push_back(FloodTag(bridge));
  ForgetMisplaced(diff, &tags);
  AdoptFdbSettings(next, &tags);
  running_ = std::move(next);

  control_->Synchronize();
  old.reset();
  for (auto& [id, bridge] : bridges_) bridge.fdb->ReleaseRetired();
  Invalidate(&tags);
  if (!doomed.empty()) {
    control_->InvalidateAll();
    control_->CollectStatistics();  // nothing counts any more for what goes
  }
  for (const BridgeState& state : doomed) state.fdb->ReleaseAllStats();
  for (const StatId stat : unused_stats) control_->ReleaseStat(stat);
  doomed.clear();
  for (const SlowPathBridge& bridge : running_.bridges) {
    bridges_.at(bridge.id).bridge->Configure(bridge);
    if (watcher_ != nullptr) {
      watcher_->BridgeConfigured(bridge, bridges_.at(bridge.id).bridge.get());
    }
  }
}

Switch::Doomed Switch::AdoptBridges(const SlowPathConfig& next) {
  Doomed doomed;
  for (auto it = bridges_.begin(); it != bridges_.end();) {
    const SlowPathBridge* wanted = FindConfig(next, it->first);
    if (wanted != nullptr && wanted->name == it->second.name) {
      ++it;
    } else {
      if (watcher_ != nullptr) watcher_->BridgeRemoved(it->first, it->second.bridge.get());
      doomed.push_back(std::move(it->second));
      it = bridges_.erase(it);
    }
  }
  for (const SlowPathBridge& bridge : next.bridges) {
    if (bridges_.contains(bridge.id)) continue;
    BridgeState state;
    state.name = bridge.name;
    state.fdb = std::make_unique<MacTable>(AgeingNs(bridge), MaxEntries(bridge), control_);
    state.bridge =
        std::make_unique<Bridge>(control_, &meters_, static_cast<BridgeHost*>(this), bridge);
    bridges_.emplace(bridge.id, std::move(state));
  }
  return doomed;
}

std::unique_ptr<const ConfigSnapshot> Switch::Publish(const SlowPathConfig& next) {
  auto fresh = std::make_unique<const ConfigSnapshot>(next, [this](BridgeId id) {
    const BridgeState& state = bridges_.at(id);
    return BridgeTables{.fdb = state.fdb.get(),
                        .pipeline = state.bridge->pipeline(),
                        .patch_stats = &patch_stats_,
                        .dead_ports = &bfd_.dead_ports()};
  });
  published_.store(fresh.get(), std::memory_order_release);
  return std::exchange(snapshot_, std::move(fresh));
}

void Switch::ForgetMisplaced(const ConfigDiff& diff, std::vector<Tag>* tags) {
  const auto forget = [&](const BridgePort& place, const std::function<bool(VlanId)>& of_vlan) {
    MacTable* table = TableOf(place.bridge);
    if (table == nullptr) return;
    MacTable::Changes changes;
    table->FlushPort(place.port, of_vlan, &changes);
    AddTags(place.bridge, changes, tags);
  };
  for (const BridgePort& place : diff.gone) {
    forget(place, [](VlanId) { return true; });
  }
  for (const BridgePort& place : diff.reset) {
    const PortRules& port = *snapshot_->FindPort(place.port);
    forget(place, [&port](VlanId vlan) { return !CarriesVlan(port, vlan); });
  }
}

void Switch::AdoptFdbSettings(const SlowPathConfig& next, std::vector<Tag>* tags) {
  for (const SlowPathBridge& bridge : next.bridges) {
    MacTable::Changes changes;
    TableOf(bridge.id)->SetLimits(AgeingNs(bridge), MaxEntries(bridge), &changes);
    AdoptStaticFdb(bridge, &changes);
    AddTags(bridge.id, changes, tags);
  }
}

void Switch::AdoptStaticFdb(const SlowPathBridge& bridge, MacTable::Changes* changes) {
  MacTable& table = *TableOf(bridge.id);
  std::set<VlanMac> wanted;
  for (const StaticFdbEntry& entry : bridge.static_fdb) wanted.insert({entry.vlan, entry.mac});
  if (const SlowPathBridge* before = FindConfig(running_, bridge.id); before != nullptr) {
    for (const StaticFdbEntry& entry : before->static_fdb) {
      const VlanMac address{entry.vlan, entry.mac};
      if (!wanted.contains(address)) table.EraseStatic(address, changes);
    }
  }
  for (const StaticFdbEntry& entry : bridge.static_fdb) {
    table.SetStatic({entry.vlan, entry.mac}, entry.port, changes);
  }
}

std::vector<StatId> Switch::AdoptPatchPorts(const SlowPathConfig& next) {
  std::map<PortNo, PatchStats> former = std::exchange(patch_stats_, {});
  for (const SlowPathBridge& bridge : next.bridges) {
    for (const SlowPathPort& port : bridge.ports) {
      if (!port.is_patch) continue;
      if (const auto known = former.extract(port.number); !known.empty()) {
        patch_stats_.emplace(port.number, known.mapped());
      } else {
        const PatchStats fresh = {.tx = control_->AllocateStat(), .rx = control_->AllocateStat()};
        patch_stats_.emplace(port.number, fresh);
      }
    }
  }
  std::vector<StatId> unused;
  for (const auto& [port, stats] : former) {
    for (const StatId stat : {stats.tx, stats.rx}) {
      if (stat != kNoStat) unused.push_back(stat);
    }
  }
  return unused;
}

void Switch::OnLearn(std::span<const LearnEvent> events) {
  const uint64_t now_ns = control_->NowNs();
  std::vector<Tag> tags;
  MacTable::Changes changes;
  for (const LearnEvent& event : events) {
    // The configuration may have changed since the packet came by.
    const PortRules* port = snapshot_->FindPort(event.port);
    if (port == nullptr || snapshot_->BridgeOf(*port).id != event.bridge) continue;
    if (!CarriesVlan(*port, event.vlan)) continue;
    changes.clear();
    TableOf(event.bridge)->Learn({event.vlan, event.mac}, event.port, now_ns, &changes);
    AddTags(event.bridge, changes, &tags);
  }
  ReclaimTables();
  Invalidate(&tags);
}

void Switch::OnNote(std::span<const uint8_t> note) {
  const std::optional<DecodedNote> decoded = DecodeNote(note);
  if (!decoded) return;
  if (const auto* learn = std::get_if<LearnNote>(&*decoded)) {
    if (Bridge* bridge = BridgeOf(learn->bridge)) bridge->Learn(*learn);
  } else if (const auto* seen = std::get_if<RemoteNote>(&*decoded)) {
    LearnRemote(*seen);
  } else {
    const auto& fin = std::get<FinTimeoutNote>(*decoded);
    if (Bridge* bridge = BridgeOf(fin.bridge)) bridge->FinTimeout(fin.rule_id, fin.idle, fin.hard);
  }
}

void Switch::LearnRemote(const RemoteNote& seen) {
  const PortRules* port = snapshot_->FindPort(seen.port);
  if (port == nullptr || snapshot_->BridgeOf(*port).id != seen.bridge) return;
  if (!port->tunnel.replicates() || !CarriesVlan(*port, seen.vlan)) return;
  MacTable::Changes changes;
  TableOf(seen.bridge)
      ->Learn({seen.vlan, seen.mac}, seen.port, control_->NowNs(), &changes, seen.remote);
  std::vector<Tag> tags;
  AddTags(seen.bridge, changes, &tags);
  ReclaimTables();
  Invalidate(&tags);
}

void Switch::OnNotesEnd() {
  for (auto& [id, state] : bridges_) state.bridge->Commit();
}

void Switch::OnUpcall(std::span<const uint8_t> blob, std::span<const uint8_t> packet,
                      uint32_t total_bytes) {
  if (const std::optional<PortNo> port = DecodeBfd(blob)) {
    return bfd_.Receive(*port, packet, control_->NowNs());
  }
  const auto decoded = DecodePacketIn(blob, packet, total_bytes);
  if (!decoded) return;
  if (Bridge* bridge = BridgeOf(decoded->first)) bridge->PacketArrived(decoded->second);
}

Bridge* Switch::BridgeOf(BridgeId id) {
  const auto found = bridges_.find(id);
  return found == bridges_.end() ? nullptr : found->second.bridge.get();
}

OfStatus Switch::SendPacket(BridgeId bridge, const PacketOut& packet_out) {
  // The port that the packet is said to have come in by need not exist.
  PortNo in_port = kNoPort;
  const uint32_t of_port = packet_out.metadata.pipeline.in_port.Get();
  for (const SlowPathBridge& config : running_.bridges) {
    if (config.id != bridge) continue;
    for (const SlowPathPort& port : config.ports) {
      if (ToOfPort13(port.ofport) == of_port) in_port = port.number;
    }
  }
  FlowKey key;
  if (!control_->ParseFrame(packet_out.packet, in_port, &key)) return OfErrorId::kBadPacket;
  DefineLines(&key, 0xff);
  KnownPacket packet(packet_out.packet, [this](std::span<const uint8_t> frame, FlowKey* parsed) {
    if (!control_->ParseFrame(frame, kNoPort, parsed)) return false;
    DefineLines(parsed, 0xff);
    return true;
  });
  packet_out_->Clear();
  TranslatePacketOut(*snapshot_, bridge, packet_out.actions, packet_out.metadata, key, &packet,
                     packet_out_.get());
  for (size_t i = 0; i < packet_out_->notes.size(); ++i) OnNote(packet_out_->notes[i]);
  if (!packet_out_->learn.empty()) OnLearn(packet_out_->learn.span());
  control_->Inject(packet_out.packet, in_port, *packet_out_);
  return {};
}

void Switch::SendBfd(PortNo port, std::span<const uint8_t> frame) {
  packet_out_->Clear();
  packet_out_->actions.push_back(Action::Output(port));
  control_->Inject(frame, kNoPort, *packet_out_);
}

void Switch::OnTimer() {
  if (frozen_.wants_reset()) {
    frozen_.Reset();
    control_->InvalidateAll();
    control_->Synchronize();
    frozen_.Reclaim();
  }
  const uint64_t now_ns = control_->NowNs();
  std::vector<Tag> tags;
  for (auto& [id, bridge] : bridges_) {
    bridge.bridge->OnTimer();
    MacTable::Changes changes;
    bridge.fdb->Age(now_ns, kMaxAgedPerCall, &changes);
    AddTags(id, changes, &tags);
  }
  Invalidate(&tags);
}

std::vector<FdbRow> Switch::ListFdb() const {
  const uint64_t now_ns = control_->NowNs();
  std::vector<FdbRow> rows;
  for (const auto& [id, bridge] : bridges_) {
    bridge.fdb->ForEach([&, bridge_id = id](const MacTable::Row& row) {
      const uint64_t age_ns =
          row.is_static || row.last_seen_ns > now_ns ? 0 : now_ns - row.last_seen_ns;
      rows.push_back({.bridge = bridge_id,
                      .vlan = row.address.vlan,
                      .mac = row.address.mac,
                      .port = row.port,
                      .is_static = row.is_static,
                      .age_seconds = static_cast<uint32_t>(age_ns / kNsPerSecond),
                      .remote = row.remote});
    });
  }
  std::sort(rows.begin(), rows.end(), [](const FdbRow& a, const FdbRow& b) {
    return std::tie(a.bridge, a.vlan, a.mac) < std::tie(b.bridge, b.vlan, b.mac);
  });
  return rows;
}

uint32_t Switch::FlushFdb(const BridgeId* bridge, PortNo port) {
  std::vector<Tag> tags;
  uint32_t flushed = 0;
  for (auto& [id, state] : bridges_) {
    if (bridge != nullptr && *bridge != id) continue;
    MacTable::Changes changes;
    if (port == kNoPort) {
      state.fdb->Flush(&changes);
    } else {
      state.fdb->FlushPort(
          port, [](VlanId) { return true; }, &changes);
    }
    flushed += static_cast<uint32_t>(changes.size());
    AddTags(id, changes, &tags);
  }
  Invalidate(&tags);
  return flushed;
}

std::vector<PatchCounters> Switch::ReadPatchCounters() const {
  std::vector<PatchCounters> result;
  for (const auto& [port, stats] : patch_stats_) {
    const StatTotals tx = control_->ReadStat(stats.tx), rx = control_->ReadStat(stats.rx);
    result.push_back({.port = port,
                      .rx_packets = rx.packets,
                      .rx_bytes = rx.bytes,
                      .tx_packets = tx.packets,
                      .tx_bytes = tx.bytes});
  }
  return result;
}

BridgeControl* Switch::FindBridge(const std::string& name) {
  for (auto& [id, state] : bridges_) {
    if (state.name == name) return state.bridge.get();
  }
  return nullptr;
}

std::vector<RefusedRule> Switch::ReplaceStoredRules(const std::string& bridge,
                                                    const StoredRules& rules) {
  for (auto& [id, state] : bridges_) {
    if (state.name == bridge) return state.bridge->ReplaceStoredRules(rules);
  }
  return {};
}

std::vector<OpenFlowConnectionInfo> Switch::ListConnections(const std::string& bridge) {
  for (auto& [id, state] : bridges_) {
    if (state.name == bridge && watcher_ != nullptr) return watcher_->Connections(id);
  }
  return {};
}

std::map<PortNo, PortPlace> Switch::ListPortPlaces() const {
  std::map<PortNo, PortPlace> places;
  for (const SlowPathBridge& bridge : running_.bridges) {
    for (const SlowPathPort& port : bridge.ports) {
      places[port.number] = {
          .bridge = bridge.name, .name = port.name, .of_port = ToOfPort13(port.ofport)};
    }
  }
  return places;
}

TraceResult Switch::TracePacket(const FlowKey& key, const TraceFacts& facts) const {
  FrozenPool scratch;  // the workers' own is none of a trace's business
  return Trace(*snapshot_, &scratch, key, facts);
}

void Switch::SetWatcher(BridgeWatcher* watcher) {
  watcher_ = watcher;
  if (watcher == nullptr) return;
  for (const SlowPathBridge& bridge : running_.bridges) {
    watcher->BridgeConfigured(bridge, bridges_.at(bridge.id).bridge.get());
  }
}

void Switch::BfdChanged(BridgeId bridge, PortNo port) {
  const std::unique_ptr<const ConfigSnapshot> old = Publish(running_);
  control_->Synchronize();
  std::vector<Tag> tags = {PortTag(port), FloodTag(bridge)};
  Invalidate(&tags);
}

PortTotalsView Switch::PortTotals(PortNo port) {
  if (const auto found = patch_stats_.find(port); found != patch_stats_.end()) {
    const StatTotals tx = control_->ReadStat(found->second.tx);
    const StatTotals rx = control_->ReadStat(found->second.rx);
    PortTotalsView view;
    view.rx_packets = rx.packets;
    view.rx_bytes = rx.bytes;
    view.tx_packets = tx.packets;
    view.tx_bytes = tx.bytes;
    return view;
  }
  return control_->ReadPortTotals(port);
}

MacTable* Switch::TableOf(BridgeId bridge) {
  const auto found = bridges_.find(bridge);
  return found == bridges_.end() ? nullptr : found->second.fdb.get();
}

void Switch::AddTags(BridgeId bridge, const MacTable::Changes& changes, std::vector<Tag>* tags) {
  for (const VlanMac& address : changes) {
    tags->push_back(AddressTag(bridge, address.vlan, address.mac));
  }
}

void Switch::ReclaimTables() {
  bool waited = false;
  for (auto& [id, bridge] : bridges_) {
    if (!bridge.fdb->has_retired()) continue;
    if (!std::exchange(waited, true)) control_->Synchronize();
    bridge.fdb->ReleaseRetired();
  }
}

void Switch::Invalidate(std::vector<Tag>* tags) {
  if (tags->empty()) return;
  tags->push_back(kAnyChangeTag);
  std::sort(tags->begin(), tags->end());
  tags->erase(std::unique(tags->begin(), tags->end()), tags->end());
  if (tags->size() > kMaxTagsPerInvalidation) {
    control_->InvalidateAll();
  } else {
    control_->Invalidate(*tags);
  }
  for (auto& [id, bridge] : bridges_) bridge.fdb->ReleaseStats();
}

}  // namespace vsw
