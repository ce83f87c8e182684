// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/counters_report.h"

#include <map>
#include <vector>

namespace vsw {
namespace {

void ReportDrops(const std::string& name, const std::string& bridge, const PortTotals& totals,
                 vsw::v1::PortCounters* counters, datapath::v1::GetCountersResponse* response) {
  uint64_t ingress = 0, egress = 0;
  for (size_t i = 1; i < kDropReasonCount; ++i) {
    if (totals.drops[i] == 0) continue;
    (kDropReasons[i].egress ? egress : ingress) += totals.drops[i];
    vsw::v1::DropCount* drop = response->add_drops();
    drop->set_port(name);
    drop->set_bridge(bridge);
    drop->set_reason(std::string(kDropReasons[i].name));
    drop->set_packets(totals.drops[i]);
  }
  counters->set_rx_dropped(ingress);
  counters->set_tx_dropped(egress);
}

vsw::v1::PortCounters* ReportPort(const std::string& name, const std::string& bridge,
                                  const PortTotals& totals,
                                  datapath::v1::GetCountersResponse* response) {
  vsw::v1::PortCountersEntry* entry = response->add_ports();
  entry->set_port(name);
  entry->set_bridge(bridge);
  vsw::v1::PortCounters* counters = entry->mutable_counters();
  counters->set_rx_packets(totals.rx_packets);
  counters->set_rx_bytes(totals.rx_bytes);
  counters->set_tx_packets(totals.tx_packets);
  counters->set_tx_bytes(totals.tx_bytes);
  ReportDrops(name, bridge, totals, counters, response);
  return counters;
}

}  // namespace

void ReportCounters(const StateReport& state, const std::string& bridge, WorkerSet* workers,
                    SlowPath* slow_path, datapath::v1::GetCountersResponse* response) {
  std::map<PortNo, PatchCounters> patches;
  workers->RunOnSlowThread([&] {
    for (const PatchCounters& patch : slow_path->ReadPatchCounters()) patches[patch.port] = patch;
  });
  for (const PortReport& port : state.ports) {
    if (!bridge.empty() && port.bridge != bridge) continue;
    PortTotals totals;
    if (port.number != kNoPort) totals = workers->ReadPort(port.number);
    if (const auto it = patches.find(port.number); it != patches.end()) {
      totals.rx_packets += it->second.rx_packets;
      totals.rx_bytes += it->second.rx_bytes;
      totals.tx_packets += it->second.tx_packets;
      totals.tx_bytes += it->second.tx_bytes;
    }
    vsw::v1::PortCounters* counters = ReportPort(port.name, port.bridge, totals, response);
    counters->set_rx_dropped(counters->rx_dropped() + port.device.rx_dropped);
    counters->set_rx_errors(port.device.rx_errors);
    counters->set_tx_errors(port.device.tx_errors);
  }
  if (!bridge.empty()) return;
  for (const auto& [number, name] : state.underlay_ports) {
    ReportPort(name, "", workers->ReadPort(number), response);
  }
}

}  // namespace vsw
