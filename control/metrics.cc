// SPDX-License-Identifier: Apache-2.0
#include "control/metrics.h"

#include <prometheus/metric_family.h>

#include <array>
#include <charconv>
#include <exception>
#include <utility>

namespace vsw::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::chrono::seconds kScrapeTimeout(1);

MetricFamily Family(const char* name, const char* help, MetricType type) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void Add(MetricFamily* family, Labels labels, double value) {
  ClientMetric& metric = family->metric.emplace_back();
  metric.label = std::move(labels);
  if (family->type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

template <typename Message>
struct Column {
  const char* name;
  const char* help;
  MetricType type;
  double (*get)(const Message&);
};

constexpr auto kPortColumns = std::to_array<Column<v1::PortCounters>>({
    {"vsw_port_receive_packets_total", "Packets that came in", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.rx_packets()); }},
    {"vsw_port_receive_bytes_total", "Octets that came in", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.rx_bytes()); }},
    {"vsw_port_transmit_packets_total", "Packets that went out", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.tx_packets()); }},
    {"vsw_port_transmit_bytes_total", "Octets that went out", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.tx_bytes()); }},
    {"vsw_port_receive_dropped_total", "Packets lost on their way in", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.rx_dropped()); }},
    {"vsw_port_transmit_dropped_total", "Packets lost on their way out", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.tx_dropped()); }},
    {"vsw_port_receive_errors_total", "Faulty packets that came in", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.rx_errors()); }},
    {"vsw_port_transmit_errors_total", "Faults on the way out", MetricType::Counter,
     [](const v1::PortCounters& c) { return double(c.tx_errors()); }},
});
constexpr auto kWorkerColumns = std::to_array<Column<v1::WorkerStatus>>({
    {"vsw_worker_exact_match_hits_total", "Packets decided by the exact-match cache",
     MetricType::Counter, [](const v1::WorkerStatus& w) { return double(w.exact_match_hits()); }},
    {"vsw_worker_megaflow_hits_total", "Packets decided by a megaflow", MetricType::Counter,
     [](const v1::WorkerStatus& w) { return double(w.megaflow_hits()); }},
    {"vsw_worker_misses_total", "Packets that needed a translation", MetricType::Counter,
     [](const v1::WorkerStatus& w) { return double(w.misses()); }},
    {"vsw_worker_megaflows", "Megaflows installed", MetricType::Gauge,
     [](const v1::WorkerStatus& w) { return double(w.megaflows()); }},
    {"vsw_worker_masks", "Masks in use", MetricType::Gauge,
     [](const v1::WorkerStatus& w) { return double(w.masks()); }},
    {"vsw_worker_receive_queues", "Receive queues served", MetricType::Gauge,
     [](const v1::WorkerStatus& w) { return double(w.rx_queues()); }},
    {"vsw_worker_idle_ratio", "Share of time asleep since the last query", MetricType::Gauge,
     [](const v1::WorkerStatus& w) { return w.idle(); }},
});

void AddCounters(const datapath::v1::GetCountersResponse& counters,
                 std::vector<MetricFamily>* families) {
  for (const auto& column : kPortColumns) {
    MetricFamily family = Family(column.name, column.help, column.type);
    for (const v1::PortCountersEntry& port : counters.ports()) {
      Add(&family, {{"bridge", port.bridge()}, {"port", port.port()}}, column.get(port.counters()));
    }
    families->push_back(std::move(family));
  }
  MetricFamily drops =
      Family("vsw_port_drops_total", "Packets lost, by reason", MetricType::Counter);
  for (const v1::DropCount& drop : counters.drops()) {
    Add(&drops, {{"bridge", drop.bridge()}, {"port", drop.port()}, {"reason", drop.reason()}},
        static_cast<double>(drop.packets()));
  }
  families->push_back(std::move(drops));
}

void AddWorkers(const v1::SwitchStatus& status, std::vector<MetricFamily>* families) {
  for (const auto& column : kWorkerColumns) {
    MetricFamily family = Family(column.name, column.help, column.type);
    for (const v1::WorkerStatus& worker : status.workers()) {
      Add(&family, {{"worker", std::to_string(worker.id())}}, column.get(worker));
    }
    families->push_back(std::move(family));
  }
}

void AddGauge(const char* name, const char* help, double value,
              std::vector<MetricFamily>* families) {
  MetricFamily family = Family(name, help, MetricType::Gauge);
  Add(&family, {}, value);
  families->push_back(std::move(family));
}

bool HasPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  unsigned port = 0;
  const char* end = address.data() + address.size();
  const auto [stop, error] = std::from_chars(address.data() + colon + 1, end, port);
  return error == std::errc() && stop == end && port <= 65535;
}

}  // namespace

std::vector<MetricFamily> Metrics::Collect() const {
  const std::shared_ptr<SwitchClient::Stub> stub = client_->stub();
  const auto deadline = std::chrono::system_clock::now() + kScrapeTimeout;
  grpc::ClientContext state_context;
  grpc::ClientContext counters_context;
  state_context.set_deadline(deadline);
  counters_context.set_deadline(deadline);
  datapath::v1::ActualState state;
  datapath::v1::GetCountersResponse counters;
  const bool connected = view_->Get()->connected;
  const bool up = connected && stub->GetState(&state_context, {}, &state).ok() &&
                  stub->GetCounters(&counters_context, {}, &counters).ok();

  std::vector<MetricFamily> families;
  AddGauge("vsw_revision_wanted", "Revision of the stored configuration",
           static_cast<double>(configurator_->Current()->revision), &families);
  AddGauge("vsw_switch_up", "1 if vswitchd answers", up ? 1 : 0, &families);
  if (!up) return families;
  AddGauge("vsw_revision_applied", "Revision that the switch runs",
           static_cast<double>(state.applied_revision()), &families);
  AddCounters(counters, &families);
  AddWorkers(state.switch_status(), &families);
  return families;
}

absl::StatusOr<std::unique_ptr<prometheus::Exposer>> ServeMetrics(
    const std::string& address, std::shared_ptr<Metrics> metrics) {
  if (!HasPort(address)) {
    return InvalidArgument("metrics address {} is not HOST:PORT, such as 127.0.0.1:9464", address);
  }
  // The library reports its failures by exceptions.
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(address, 2);
    exposer->RegisterCollectable(metrics);
    return exposer;
  } catch (const std::exception& failure) {
    return Unavailable("metrics cannot be served on {}: {}; choose a free address of this host",
                       address, failure.what());
  }
}

}  // namespace vsw::control
