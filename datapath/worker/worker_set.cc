// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/worker_set.h"

#include <rte_cycles.h>
#include <rte_pause.h>
#include <rte_rcu_qsbr.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>

#include "base/status.h"
#include "datapath/packet/parser.h"
#include "datapath/tunnel/tunnel_table.h"
#include "datapath/worker/orders.h"
#include "datapath/worker/worker.h"

namespace vsw {
namespace {

constexpr uint32_t kGraceSpins = 1000;
constexpr auto kGraceSleep = std::chrono::microseconds(10);
// Frames that wait to be injected, and how long one more waits for room: some 10 ms.
constexpr size_t kMaxInjected = 4096;
constexpr int kInjectTries = 200;

struct FreeDeleter {
  void operator()(void* p) const { std::free(p); }
};

absl::StatusOr<std::unique_ptr<rte_rcu_qsbr, FreeDeleter>> MakeGraceDomain(uint32_t workers) {
  const size_t bytes = rte_rcu_qsbr_get_memsize(workers);
  std::unique_ptr<rte_rcu_qsbr, FreeDeleter> domain(
      static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, bytes)));
  if (domain == nullptr || rte_rcu_qsbr_init(domain.get(), workers) != 0) {
    return ResourceExhausted("cannot set up grace periods for {} workers", workers);
  }
  return domain;
}

class WorkerSetImpl final : public WorkerSet {
 public:
  WorkerSetImpl(const WorkerOptions& options, SlowPath* slow_path, rte_mempool* mbuf_pool)
      : options_(options),
        slow_path_(slow_path),
        mbuf_pool_(mbuf_pool),
        slow_thread_(slow_path, [this] { return NowNs(); }) {
    if (options_.cores.empty()) options_.cores = {-1};
  }

  ~WorkerSetImpl() override {
    // The slow thread first: what it waits for the workers still do.
    slow_thread_.Stop();
    for (auto& worker : workers_) worker->thread->Stop();
    for (auto& worker : workers_) delete worker->thread->SetPollList(nullptr);
  }

  absl::Status Init() {
    const auto count = static_cast<uint32_t>(options_.cores.size());
    VSW_ASSIGN_OR_RETURN(grace_, MakeGraceDomain(count));
    shared_.grace = grace_.get();
    VSW_ASSIGN_OR_RETURN(stats_, StatTable::Create(count));
    meters_ = std::make_unique<MeterTable>(count);
    slow_path_->Attach(this);
    std::vector<SlowEventRing*> rings;
    for (uint32_t i = 0; i < count; ++i) {
      VSW_RETURN_IF_ERROR(MakeWorker(WorkerId{i}, options_.cores[i]));
      rings.push_back(&workers_.back()->events);
    }
    for (auto& worker : workers_) VSW_RETURN_IF_ERROR(worker->thread->Start());
    slow_thread_.Start(std::move(rings));
    return absl::OkStatus();
  }

  void AddPort(Port* port) override {
    const std::lock_guard lock(ports_mutex_);
    shared_.ports.Publish(port);
    std::vector<Slot*> touched;
    for (uint16_t i = 0; i < port->rx_queue_count(); ++i) {
      Slot* slot = LeastLoaded();
      slot->queues.push_back({port, QueueId{i}});
      touched.push_back(slot);
    }
    Republish(touched);
  }

  void RemovePort(PortNo number) override {
    const std::lock_guard lock(ports_mutex_);
    shared_.ports.Withdraw(number);
    std::vector<Slot*> touched;
    for (auto& slot : workers_) {
      const size_t erased =
          std::erase_if(slot->queues, [&](const auto& q) { return q.first->number() == number; });
      if (erased > 0) touched.push_back(slot.get());
    }
    Republish(touched);
    Synchronize();
  }

  PortTotals ReadPort(PortNo number) const override {
    const std::lock_guard lock(forgotten_mutex_);
    PortTotals totals = ReadRaw(number);
    const PortTotals& base = forgotten_[ToInt(number) % kMaxPorts];
    totals.rx_packets -= base.rx_packets;
    totals.rx_bytes -= base.rx_bytes;
    totals.tx_packets -= base.tx_packets;
    totals.tx_bytes -= base.tx_bytes;
    for (size_t i = 0; i < kDropReasonCount; ++i) totals.drops[i] -= base.drops[i];
    return totals;
  }

  void ForgetCounters(PortNo number) override {
    const std::lock_guard lock(forgotten_mutex_);
    forgotten_[ToInt(number) % kMaxPorts] = ReadRaw(number);
  }

  std::vector<WorkerStats> ReadWorkers() const override {
    std::vector<WorkerStats> all;
    for (const auto& slot : workers_) {
      const PipelineCounters& counters = slot->thread->pipeline_stats();
      all.push_back({.id = slot->thread->id(),
                     .core = slot->thread->core(),
                     .rx_queues = slot->queue_count.load(std::memory_order_relaxed),
                     .megaflows = counters.megaflows.Get(),
                     .masks = counters.masks.Get(),
                     .exact_match_hits = counters.exact_match_hits.Get(),
                     .megaflow_hits = counters.megaflow_hits.Get(),
                     .misses = counters.misses.Get(),
                     .translations = counters.translations.Get(),
                     .translation_ns = NsOf(counters.translation_tsc.Get()),
                     .misses_over_budget = counters.misses_over_budget.Get(),
                     .not_cached = counters.not_cached.Get(),
                     .recirculations = counters.recirculations.Get(),
                     .notes = counters.notes.Get(),
                     .upcalls = counters.upcalls.Get(),
                     .ring_full = counters.ring_full.Get(),
                     .busy_tsc = slot->thread->busy_tsc(),
                     .idle_tsc = slot->thread->idle_tsc()});
    }
    return all;
  }

  void WakeAll() override {
    for (auto& slot : workers_) slot->thread->Wake();
  }

  void Synchronize() override {
    const uint64_t token = rte_rcu_qsbr_start(shared_.grace);
    // A worker that fell asleep before the token was drawn would let us wait for its next event.
    WakeAll();
    WaitUntil([&] { return GracePeriodOver(token); });
  }

  void Invalidate(std::span<const Tag> tags) override {
    if (!tags.empty()) RunOnWorkers<InvalidateOrder>(tags);
  }

  void InvalidateMatching(std::span<const TagFilter> filters) override {
    if (!filters.empty()) RunOnWorkers<InvalidateOrder>(filters);
  }

  void InvalidateAll() override {
    // Each call has an epoch of its own, so that what another one made stale stays so. Epoch 0
    // marks what was invalidated by tag.
    uint32_t now = shared_.epoch.load(std::memory_order_relaxed);
    uint32_t next;
    do {
      next = now + 1 == 0 ? 1 : now + 1;
    } while (!shared_.epoch.compare_exchange_weak(now, next, std::memory_order_acq_rel));
    // A worker takes the epoch before it walks its megaflows.
    CollectStatistics();
  }

  StatId AllocateStat() override { return stats_->Allocate(); }
  void ReleaseStat(StatId stat) override { stats_->Release(stat); }
  StatTotals ReadStat(StatId stat) const override { return stats_->Read(stat); }
  void CollectStatistics() override { RunOnWorkers<CollectOrder>(); }

  void SetMeter(uint32_t index, const MeterSpec& spec) override {
    const std::unique_ptr<Meter> former = meters_->Set(index, spec, NowNs());
    if (former != nullptr) Synchronize();
  }
  void ClearMeter(uint32_t index) override {
    const std::unique_ptr<Meter> former = meters_->Clear(index);
    if (former != nullptr) Synchronize();
  }
  MeterTotals ReadMeter(uint32_t index) const override { return meters_->Read(index); }

  void SetTunnelOptions(BridgeId bridge, const TunnelOptionMap& options) override {
    tunnels_.SetOptions(bridge, options);
  }

  // The first worker sends it between two bursts, in the order in which frames are given.
  void Inject(std::span<const uint8_t> frame, PortNo in_port,
              const Translation& translation) override {
    Worker& worker = *workers_.front()->thread;
    const auto take_back = [this] {
      while (!injected_.empty() && injected_.front()->done()) injected_.pop_front();
      return injected_.size() < kMaxInjected;
    };
    for (int tries = 0; !take_back() && tries < kInjectTries; ++tries) {
      std::this_thread::sleep_for(kGraceSleep);
    }
    if (!take_back() || !worker.running()) {
      return inject_counters_[ToInt(in_port) % kMaxPorts].Drop(DropReason::kControllerQueue);
    }
    injected_.push_back(std::make_unique<InjectOrder>(frame, in_port, translation));
    worker.mailbox()->Post(injected_.back().get());
    worker.Wake();
  }

  bool ParseFrame(std::span<const uint8_t> frame, PortNo in_port, FlowKey* key) const override {
    const auto seen = frame.first(std::min(frame.size(), kMaxParsedBytes));
    if (vsw::ParseFrame(seen, frame.size(), in_port, key) != DropReason::kNone) return false;
    DefineLines(key, 0xff);
    return true;
  }

  // What the port's own way in or out lost; what the rules drop is no loss of the port's.
  PortTotalsView ReadPortTotals(PortNo number) const override {
    const PortTotals totals = ReadPort(number);
    const auto sum = [&](std::initializer_list<DropReason> reasons) {
      uint64_t drops = 0;
      for (const DropReason reason : reasons) drops += totals.drops[static_cast<size_t>(reason)];
      return drops;
    };
    using enum DropReason;
    return {.rx_packets = totals.rx_packets,
            .rx_bytes = totals.rx_bytes,
            .tx_packets = totals.tx_packets,
            .tx_bytes = totals.tx_bytes,
            .rx_dropped = sum({kRxNoBuffer, kMissBudget, kNoCopyBuffer, kControllerQueue,
                               kTunnelUnknown, kTunnelFragment, kTunnelEcn}),
            .tx_dropped = sum({kTxPortDown, kTxNoGuest, kTxQueueFull, kTxTooBig, kTunnelNoRemote,
                               kTunnelNoRoute, kTunnelUnresolved, kTunnelTooBig}),
            .rx_errors = sum({kRxMalformed, kRxOversized, kRxBadOffload, kRxBadRing,
                              kTunnelMalformed, kTunnelChecksum, kTunnelOption}),
            .tx_errors = sum({kTxOffload, kTxError})};
  }

  bool ListMegaflows(MegaflowCursor* cursor, size_t per_worker,
                     const std::function<void(const MegaflowRow&)>& visit) override {
    for (; cursor->worker < workers_.size(); *cursor = {.worker = cursor->worker + 1}) {
      Worker& worker = *workers_[cursor->worker]->thread;
      if (cursor->listed >= per_worker) continue;
      ListOrder order(cursor->slot, per_worker - cursor->listed);
      if (!RunOn(worker, &order)) continue;
      for (const ListOrder::Row& row : order.rows()) {
        visit({.worker = worker.id(),
               .key = row.key,
               .mask = row.mask,
               .actions = order.ActionsOf(row),
               .drop_reason = row.drop_reason,
               .packets = row.packets,
               .bytes = row.bytes,
               .used_ns = row.packets == 0 ? 0 : NsOf(row.used_tsc)});
      }
      cursor->listed += order.rows().size();
      cursor->slot = order.cursor();
      if (order.through()) *cursor = {.worker = cursor->worker + 1};
      return cursor->worker < workers_.size();
    }
    return false;
  }

  CacheLimits cache_limits() const override {
    return {.exact_match_entries = options_.exact_match_entries,
            .megaflows = options_.max_megaflows,
            .masks_per_port = options_.max_masks_per_port};
  }

  std::vector<std::pair<PortNo, uint32_t>> ReadMaskCounts() override {
    std::vector<uint32_t> most(kMaxPorts);
    for (const auto& slot : workers_) {
      MaskCountOrder order;
      if (!RunOn(*slot->thread, &order)) continue;
      for (uint32_t port = 0; port < kMaxPorts; ++port) {
        most[port] = std::max(most[port], order.counts()[port]);
      }
    }
    std::vector<std::pair<PortNo, uint32_t>> counts;
    for (uint32_t port = 0; port < kMaxPorts; ++port) {
      if (most[port] > 0) counts.emplace_back(PortNo{port}, most[port]);
    }
    return counts;
  }

  uint64_t StartPerf(uint32_t seconds) override {
    const std::lock_guard lock(perf_mutex_);
    RunOnWorkers<StartPerfOrder>(seconds * rte_get_tsc_hz());
    return ++measurement_;
  }

  PerfReport ReadPerf() override {
    const std::lock_guard lock(perf_mutex_);
    PerfReport report = {.measurement = measurement_, .tsc_hz = rte_get_tsc_hz(), .workers = {}};
    for (const auto& slot : workers_) {
      Worker& worker = *slot->thread;
      ReadPerfOrder order;
      if (!RunOn(worker, &order)) continue;
      report.workers.push_back({.id = worker.id(),
                                .core = worker.core(),
                                .measuring = order.measuring(),
                                .totals = order.totals()});
    }
    return report;
  }

  TunnelTable* tunnels() override { return &tunnels_; }
  TunnelOutlet* outlet(WorkerId worker) override {
    return workers_[ToInt(worker)]->thread->outlet();
  }

  void RunOnSlowThread(const std::function<void()>& task) override { slow_thread_.Run(task); }

  // The workers' time stamps are TSC readings; so is this.
  uint64_t NowNs() const override { return NsOf(rte_rdtsc()); }

 private:
  struct Slot {
    SlowEventRing events;
    std::unique_ptr<PortCounters[]> counters;
    std::vector<std::pair<Port*, QueueId>> queues;  // guarded by ports_mutex_
    std::atomic<uint32_t> queue_count{0};
    std::unique_ptr<Worker> thread;
  };

  absl::Status MakeWorker(WorkerId id, int core) {
    auto slot = std::make_unique<Slot>();
    slot->counters = std::make_unique<PortCounters[]>(kMaxPorts);
    VSW_ASSIGN_OR_RETURN(std::unique_ptr<FlowTable> flows,
                         FlowTable::Create({.exact_match_entries = options_.exact_match_entries,
                                            .max_megaflows = options_.max_megaflows,
                                            .max_ports = kMaxPorts,
                                            .max_masks_per_port = options_.max_masks_per_port}));
    const uint64_t hz = rte_get_tsc_hz();
    const PipelineEnvironment environment = {
        .worker = id,
        .slow_path = slow_path_,
        .ports = &shared_.ports,
        .counters = slot->counters.get(),
        .mbuf_pool = mbuf_pool_,
        .events = &slot->events,
        .slow_thread = &slow_thread_,
        .tsc_hz = hz,
        .idle_timeout_tsc = hz / 1000 * options_.idle_timeout_ms,
        .stats = stats_->shard(id),
        .meters = meters_.get(),
        .tunnels = &tunnels_,
        .underlay = options_.underlay};
    slot->thread = std::make_unique<Worker>(id, core, environment, std::move(flows), &shared_);
    workers_.push_back(std::move(slot));
    return absl::OkStatus();
  }

  Slot* LeastLoaded() {
    return std::min_element(
               workers_.begin(), workers_.end(),
               [](const auto& a, const auto& b) { return a->queues.size() < b->queues.size(); })
        ->get();
  }

  static uint64_t NsOf(uint64_t tsc) {
    return static_cast<uint64_t>(static_cast<unsigned __int128>(tsc) * 1'000'000'000 /
                                 rte_get_tsc_hz());
  }

  template <typename Condition>
  static void WaitUntil(Condition&& condition) {
    // A worker between two bursts is done at once; one that has to get a core first is not, and
    // spinning would only keep it from that.
    for (uint32_t tries = 0; !condition(); ++tries) {
      if (tries < kGraceSpins) {
        rte_pause();
      } else {
        std::this_thread::sleep_for(kGraceSleep);
      }
    }
  }

  // Has every worker do an order of its own; returns when all have.
  template <typename OrderType, typename... Args>
  void RunOnWorkers(const Args&... args) {
    std::vector<std::unique_ptr<OrderType>> orders;
    for (auto& slot : workers_) {
      orders.push_back(std::make_unique<OrderType>(args...));
      slot->thread->mailbox()->Post(orders.back().get());
    }
    WakeAll();
    for (size_t i = 0; i < orders.size(); ++i) {
      WaitUntil([&] { return orders[i]->done() || !workers_[i]->thread->running(); });
    }
  }

  // False: nobody does it any more.
  static bool RunOn(Worker& worker, Order* order) {
    worker.mailbox()->Post(order);
    worker.Wake();
    WaitUntil([&] { return order->done() || !worker.running(); });
    return order->done();
  }

  bool GracePeriodOver(uint64_t token) {
    // Of several callers the library lets the later ones go by what the first one saw, but orders
    // nothing between them: what a worker wrote before could still be in flight.
    const std::lock_guard lock(grace_mutex_);
    return rte_rcu_qsbr_check(shared_.grace, token, false) == 1;
  }

  // Gives each of `slots` its present queues, and frees the former lists once nobody polls them.
  void Republish(const std::vector<Slot*>& slots) {
    std::vector<std::unique_ptr<PollList>> former;
    for (Slot* slot : slots) {
      auto list = std::make_unique<PollList>();
      for (const auto& [port, queue] : slot->queues) list->Add(port, queue);
      list->Finish();
      slot->queue_count.store(static_cast<uint32_t>(slot->queues.size()),
                              std::memory_order_relaxed);
      former.emplace_back(slot->thread->SetPollList(list.release()));
    }
    if (!former.empty()) Synchronize();
  }

  PortTotals ReadRaw(PortNo number) const {
    PortTotals totals;
    const auto add = [&totals](const PortCounters& counters) {
      totals.rx_packets += counters.rx_packets.Get();
      totals.rx_bytes += counters.rx_bytes.Get();
      totals.tx_packets += counters.tx_packets.Get();
      totals.tx_bytes += counters.tx_bytes.Get();
      for (size_t i = 0; i < kDropReasonCount; ++i) totals.drops[i] += counters.drops[i].Get();
    };
    for (const auto& slot : workers_) add(slot->counters[ToInt(number) % kMaxPorts]);
    add(inject_counters_[ToInt(number) % kMaxPorts]);
    return totals;
  }

  WorkerOptions options_;
  SlowPath* const slow_path_;
  rte_mempool* const mbuf_pool_;
  std::unique_ptr<rte_rcu_qsbr, FreeDeleter> grace_;
  std::mutex grace_mutex_;  // guards the checking side of grace_
  WorkerShared shared_;
  std::unique_ptr<StatTable> stats_;
  std::unique_ptr<MeterTable> meters_;
  std::deque<std::unique_ptr<InjectOrder>> injected_;  // the slow thread's; oldest first
  // Of what was to be injected and could not be.
  const std::unique_ptr<PortCounters[]> inject_counters_ =
      std::make_unique<PortCounters[]>(kMaxPorts);
  TunnelTable tunnels_{[this] { Synchronize(); }};
  SlowThread slow_thread_;
  std::mutex ports_mutex_;  // held by who adds or removes a port
  std::vector<std::unique_ptr<Slot>> workers_;
  std::mutex perf_mutex_;               // held while a measurement is begun or read
  uint64_t measurement_ = 0;            // guarded by perf_mutex_: the number of the last one
  mutable std::mutex forgotten_mutex_;  // guards forgotten_
  std::vector<PortTotals> forgotten_ = std::vector<PortTotals>(kMaxPorts);
};

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerSet>> WorkerSet::Start(const WorkerOptions& options,
                                                            SlowPath* slow_path,
                                                            rte_mempool* mbuf_pool) {
  auto set = std::make_unique<WorkerSetImpl>(options, slow_path, mbuf_pool);
  VSW_RETURN_IF_ERROR(set->Init());
  return set;
}

}  // namespace vsw
