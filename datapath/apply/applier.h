// SPDX-License-Identifier: Apache-2.0
//
// Makes the switch run what is wanted, by the smallest steps: a port that does not change is never
// touched. Order of one Apply(): options of living ports; what goes is taken out of the slow path,
// then from the workers, then closed; what comes is opened, entered in the slow path together with
// every other change, and polled last. So a new port may take the device or socket of a removed
// one, and no packet meets a port that is not configured.
//
// A port that cannot be realised keeps its row with the reason, is not usable in the slow path, and
// is tried again after 0.5 s, doubling up to 10 s, and with each Apply(). A living port that
// refuses new options goes on with its former ones, with the reason.
//
// Thread safety: all members on one thread (ApplyThread's), but report(), which anyone may call.
#ifndef VSW_DATAPATH_APPLY_APPLIER_H_
#define VSW_DATAPATH_APPLY_APPLIER_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "datapath/apply/diff.h"
#include "datapath/apply/number_pool.h"
#include "datapath/apply/state_report.h"
#include "datapath/apply/underlay_side.h"
#include "datapath/apply/wanted_state.h"
#include "datapath/port/port_factory.h"
#include "datapath/worker/worker_set.h"

namespace vsw {

/// Opens a port; MakePort() with the environment bound.
using PortMaker = std::function<absl::StatusOr<std::unique_ptr<Port>>(const PortRequest&)>;

/// Takes away what ports left behind in the kernel in an earlier life of the daemon and are not
/// among `wanted` (names) any more.
using LeftoverSweep = std::function<void(const std::set<std::string>& wanted)>;

class Applier {
 public:
  /// All of them outlive the applier. `sweep`, if given, is called once, with the first state
  /// applied.
  Applier(WorkerSet* workers, SlowPath* slow_path, PortMaker make_port, LeftoverSweep sweep = {},
          UnderlaySide underlay = {});
  /// Takes every port from the workers and closes it; kernel devices stay for the next start.
  ~Applier();
  Applier(const Applier&) = delete;
  Applier& operator=(const Applier&) = delete;

  /// Returns when the switch runs `wanted`; failures of single ports are in report(). `load_rules`,
  /// if given, is called when its bridges are there and before new ports receive.
  /// FailedPrecondition: it is older than what runs; then nothing has changed.
  [[nodiscard]] absl::Status Apply(const WantedState& wanted,
                                   const std::function<void()>& load_rules = {});

  /// Tries those failed ports again whose time has come.
  void RetryDue();
  /// When RetryDue() should be called next (DatapathControl::NowNs()); nothing if no port waits.
  std::optional<uint64_t> next_retry_ns() const;

  /// Reads facts and device counters of every port anew, publishes them and has the slow path know.
  void RefreshInfo();

  /// The latest state; never null.
  StateReportPtr report() const;

 private:
  struct Row {
    WantedPort wanted;
    PortNo number = kNoPort;
    uint32_t ofport = 0;
    std::unique_ptr<Port> port;  // null: a patch port, or not realised
    PortInfo info;               // as last read
    bool polled = false;         // AddPort() was called
    bool options_refused = false;
    PortNo patch_peer = kNoPort;
    std::string failure;
    uint64_t backoff_ns = 0;
    uint64_t retry_ns = 0;  // 0 = not waiting
  };
  struct BridgeRow {
    BridgeId id;
    WantedBridge wanted;
  };
  /// A port on its way out.
  struct Leaver {
    std::unique_ptr<Port> port;
    PortNo number;
    bool polled;
    bool removed;  // its number is given back
    bool retire;   // its kernel device goes too
  };

  void DetachRemoved(const Difference& difference, const WantedState& wanted,
                     std::vector<Leaver>* leavers);
  void Reoption(const Difference& difference, const WantedState& wanted,
                std::vector<Leaver>* leavers);
  void ReconfigureRow(Row* row, std::vector<Leaver>* leavers);
  void TakeAway(std::vector<Leaver> leavers);
  void UpdateBridges(const Difference& difference, const WantedState& wanted);
  void UpdateRows(const WantedState& wanted);
  void AssignNumbers();
  void ResolvePatches();
  void OpenPorts(bool only_due);
  void Open(Row* row, uint64_t now_ns);
  void Fail(Row* row, const std::string& reason, uint64_t retry_after_ns);
  /// Also where nothing was asked for: what the ports say of themselves may have changed.
  void ConfigureSlowPath();
  void ReadFacts();
  void ConfigureUnderlay();
  void AddTunnelLocals(SlowPathConfig* config) const;
  void StartPolling();
  void SweepLeftovers();
  SlowPathConfig BuildConfig() const;
  void Publish();

  WorkerSet* const workers_;
  SlowPath* const slow_path_;
  const PortMaker make_port_;
  LeftoverSweep sweep_;  // empty once it was called
  const UnderlaySide underlay_;
  NumberPool port_numbers_{1, kFirstUnderlayPort};
  NumberPool bridge_numbers_{0, UINT32_MAX};
  WantedState applied_;
  std::map<std::string, BridgeRow> bridges_;
  std::map<std::string, Row> rows_;
  std::vector<WantedStaticEntry> static_fdb_;
  SlowPathConfig configured_;

  mutable std::mutex report_mutex_;  // guards the pointer alone
  StateReportPtr report_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_APPLIER_H_
