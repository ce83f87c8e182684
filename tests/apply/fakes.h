// SPDX-License-Identifier: Apache-2.0
//
// What an Applier works on, without packets: workers, slow path and ports that remember what was
// asked of them and complain about a wrong order.
#ifndef VSW_TESTS_APPLY_FAKES_H_
#define VSW_TESTS_APPLY_FAKES_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "datapath/apply/applier.h"

namespace vsw {

class FakeSlowPath : public SlowPath {
 public:
  void Attach(DatapathControl*) override {}
  void Translate(const FlowKey&, Translation*) const noexcept override {}
  void Configure(const SlowPathConfig& next) override {
    config = next;
    ++configured;
  }
  void OnLearn(std::span<const LearnEvent>) override {}
  void OnNote(std::span<const uint8_t>) override {}
  void OnUpcall(std::span<const uint8_t>, std::span<const uint8_t>, uint32_t) override {}
  void OnTimer() override {}
  std::vector<FdbRow> ListFdb() const override { return fdb; }
  uint32_t FlushFdb(const BridgeId* bridge, PortNo port) override {
    flushed_port = port;
    return 7;
  }
  std::vector<PatchCounters> ReadPatchCounters() const override { return patches; }

  const SlowPathPort* Find(const std::string& name) const {
    for (const SlowPathBridge& bridge : config.bridges) {
      for (const SlowPathPort& port : bridge.ports) {
        if (port.name == name) return &port;
      }
    }
    return nullptr;
  }

  SlowPathConfig config;
  int configured = 0;
  std::vector<FdbRow> fdb;
  std::vector<PatchCounters> patches;
  PortNo flushed_port = kNoPort;
};

class FakeWorkers : public WorkerSet {
 public:
  explicit FakeWorkers(FakeSlowPath* slow_path) : slow_path_(slow_path) {}
  void Synchronize() override {}
  void Invalidate(std::span<const Tag>) override {}
  void InvalidateMatching(std::span<const TagFilter>) override {}
  StatId AllocateStat() override { return kNoStat; }
  void ReleaseStat(StatId) override {}
  StatTotals ReadStat(StatId) const override { return {}; }
  void CollectStatistics() override {}
  void SetMeter(uint32_t, const MeterSpec&) override {}
  void ClearMeter(uint32_t) override {}
  MeterTotals ReadMeter(uint32_t) const override { return {}; }
  void SetTunnelOptions(BridgeId, const TunnelOptionMap&) override {}
  void Inject(std::span<const uint8_t>, PortNo, const Translation&) override {}
  bool ParseFrame(std::span<const uint8_t>, PortNo, FlowKey*) const override { return false; }
  PortTotalsView ReadPortTotals(PortNo) const override { return {}; }
  void InvalidateAll() override {}
  void RunOnSlowThread(const std::function<void()>& task) override { task(); }
  uint64_t NowNs() const override { return now_ns; }
  void AddPort(Port* port) override {
    EXPECT_TRUE(polled.emplace(port->number(), port->name()).second);
    const SlowPathPort* configured = slow_path_->Find(port->name());
    ASSERT_NE(configured, nullptr) << port->name() << " is polled before it is configured";
    EXPECT_EQ(configured->number, port->number());
    log.push_back("poll " + port->name());
  }
  void RemovePort(PortNo number) override {
    ASSERT_TRUE(polled.contains(number));
    const SlowPathPort* configured = slow_path_->Find(polled[number]);
    EXPECT_TRUE(stopping || configured == nullptr || !configured->usable);
    log.push_back("unpoll " + polled[number]);
    polled.erase(number);
  }
  PortTotals ReadPort(PortNo number) const override {
    const auto it = totals.find(number);
    return it == totals.end() ? PortTotals{} : it->second;
  }
  void ForgetCounters(PortNo number) override { totals.erase(number); }
  std::vector<WorkerStats> ReadWorkers() const override {
    return {{.id = WorkerId{0},
             .core = -1,
             .rx_queues = 1,
             .megaflows = 2,
             .masks = 1,
             .exact_match_hits = 10,
             .megaflow_hits = 3,
             .misses = 2,
             .busy_tsc = 25,
             .idle_tsc = 75}};
  }
  void WakeAll() override {}
  uint64_t StartPerf(uint32_t seconds) override {
    perf_seconds = seconds;
    return ++perf.measurement;
  }
  PerfReport ReadPerf() override { return perf; }
  TunnelTable* tunnels() override { return nullptr; }
  TunnelOutlet* outlet(WorkerId) override { return nullptr; }
  bool ListMegaflows(MegaflowCursor*, size_t,
                     const std::function<void(const MegaflowRow&)>&) override {
    return false;
  }
  CacheLimits cache_limits() const override { return {}; }
  std::vector<std::pair<PortNo, uint32_t>> ReadMaskCounts() override { return {}; }

  std::map<PortNo, std::string> polled;
  std::map<PortNo, PortTotals> totals;
  std::vector<std::string> log;
  uint64_t now_ns = 1'000'000'000;
  uint32_t perf_seconds = 0;
  PerfReport perf{};
  bool stopping = false;

 private:
  FakeSlowPath* const slow_path_;
};

/// Opens fake ports. The option "device" is a resource that one port at a time may hold; "fixed"
/// cannot change on a living port; "bad" is refused.
class FakePorts {
 public:
  absl::StatusOr<std::unique_ptr<Port>> Make(const PortRequest& request);

  std::set<std::string> broken;                                       // names that cannot be opened
  std::set<std::string> held;                                         // devices
  std::map<std::string, int> opened;                                  // how often
  std::map<std::string, std::map<std::string, std::string>> options;  // of the living
  bool link_up = true;

 private:
  class FakePort;
};

class FakePorts::FakePort : public Port {
 public:
  FakePort(FakePorts* set, const PortRequest& request)
      : Port(request.number, request.name), set_(set), options_(request.options) {
    if (options_.contains("device")) set_->held.insert(options_["device"]);
    set_->options[name()] = options_;
  }
  ~FakePort() override {
    if (options_.contains("device")) set_->held.erase(options_["device"]);
    set_->options.erase(name());
  }
  uint16_t rx_queue_count() const override { return 1; }
  uint16_t Receive(QueueId, std::span<rte_mbuf*>, PortCounters&) override { return 0; }
  void Transmit(WorkerId, std::span<rte_mbuf*>, PortCounters&) override {}
  PortInfo ReadInfo() const override {
    PortInfo info;
    info.link_up = set_->link_up;
    info.mac = MacAddress::FromU64(0x020000000000 + ToInt(number()));
    info.speed_mbps = 25'000;
    info.mtu = 1500;
    return info;
  }
  DeviceCounters ReadDeviceCounters() const override { return {.rx_dropped = 5}; }
  absl::Status Reconfigure(const std::map<std::string, std::string>& next) override {
    if (next.contains("bad")) return absl::InvalidArgumentError("bad option");
    for (const char* key : {"device", "fixed"}) {
      if (next.contains(key) != options_.contains(key) ||
          (next.contains(key) && next.at(key) != options_.at(key))) {
        return absl::FailedPreconditionError("needs a new port");
      }
    }
    options_ = set_->options[name()] = next;
    return absl::OkStatus();
  }

 private:
  FakePorts* const set_;
  std::map<std::string, std::string> options_;
};

inline absl::StatusOr<std::unique_ptr<Port>> FakePorts::Make(const PortRequest& request) {
  ++opened[request.name];
  if (broken.contains(request.name) || request.options.contains("bad")) {
    return absl::NotFoundError("no such device");
  }
  const auto device = request.options.find("device");
  if (device != request.options.end() && held.contains(device->second)) {
    return absl::AlreadyExistsError("device is taken");
  }
  return std::make_unique<FakePort>(this, request);
}

/// A wanted state in one expression a piece.
class StateBuilder {
 public:
  explicit StateBuilder(uint64_t revision) { state_.revision = revision; }
  StateBuilder& Bridge(const std::string& name) {
    state_.bridges[name] = {.name = name, .dpid = DerivedDpid(name)};
    return *this;
  }
  StateBuilder& Port(const std::string& name, const std::string& bridge,
                     std::map<std::string, std::string> options = {}, uint32_t ofport = 0,
                     PortKind kind = PortKind::kTap, uint16_t tag = 0) {
    state_.ports[name] = {.name = name,
                          .bridge = bridge,
                          .kind = kind,
                          .ofport = ofport,
                          .vlan = {.mode = tag ? VlanMode::kAccess : VlanMode::kTrunk,
                                   .tag = tag,
                                   .trunks = {},
                                   .cvlans = {}},
                          .options = std::move(options)};
    return *this;
  }
  StateBuilder& Static(const std::string& bridge, uint64_t mac, const std::string& port) {
    state_.static_fdb.push_back({bridge, kNoVlan, MacAddress::FromU64(mac), port});
    return *this;
  }
  const WantedState& Get() const { return state_; }
  operator const WantedState&() const { return state_; }  // NOLINT(google-explicit-constructor)

 private:
  WantedState state_;
};

}  // namespace vsw

#endif  // VSW_TESTS_APPLY_FAKES_H_
