// SPDX-License-Identifier: Apache-2.0
//
// What the underlay's thread does, without the thread: keeps the next hop of every pair of tunnel
// ends that is configured or was asked for, by the kernel's routes and neighbours and by the
// neighbours of the switch's own ports; says which devices need an underlay port; publishes when
// something changed. Ends of configured tunnels are kept for good, others while they are used.
//
// Thread safety: one thread uses it. Time is the caller's.
#ifndef VSW_DATAPATH_UNDERLAY_ENGINE_H_
#define VSW_DATAPATH_UNDERLAY_ENGINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "datapath/flow/tunnel_facts.h"
#include "datapath/tunnel/ingress_roles.h"
#include "datapath/tunnel/next_hop.h"
#include "datapath/underlay/kernel_view.h"
#include "datapath/underlay/own_neighbours.h"
#include "datapath/underlay/way.h"

namespace vsw {

/// For people and for the configuration of the rest.
struct UnderlayReport {
  struct Ends {
    std::string way;     // "by eth0 from 192.0.2.1 via 192.0.2.254", or why there is none
    uint32_t mtu = 0;    // of the way; 0: there is none
    bool ready = false;  // the neighbour is known as well
    bool operator==(const Ends&) const = default;
  };
  /// Of the configured tunnels whose remote is fixed.
  std::map<TunnelEnds, Ends> tunnels;
  /// The host's addresses on devices that are attached to a bridge.
  std::vector<TunnelLocal> locals;
  bool operator==(const UnderlayReport&) const = default;
};

/// What workers are to see.
struct UnderlayPublication {
  NextHopMap::Rows next_hops;
  std::map<PortNo, IngressRole> roles;
  bool operator==(const UnderlayPublication&) const = default;
};

class UnderlayEngine {
 public:
  struct Environment {
    KernelView* kernel = nullptr;
    /// Opens an underlay port on the device, and closes it again. Called for devices that are up.
    std::function<absl::StatusOr<PortNo>(const KernelDevice&)> open_port;
    std::function<void(PortNo)> close_port;
    /// Returns when no worker sees what was published before.
    std::function<void(UnderlayPublication)> publish;
    /// Sends a frame by a port of the switch.
    OwnNeighbours::Send send;
  };

  static constexpr size_t kMaxEnds = 16384;               // that were asked for
  static constexpr uint64_t kForgetNs = 120'000'000'000;  // unused ones, after this
  static constexpr uint64_t kRefreshNs =
      5'000'000'000;  // how often used neighbours are made sure of
  static constexpr uint64_t kAskAgainNs = 500'000'000;  // for a neighbour that is not known
  static constexpr uint64_t kPauseNs = 20'000'000;      // between two looks at everything

  explicit UnderlayEngine(Environment environment);
  ~UnderlayEngine();

  void Configure(const UnderlayConfig& config, uint64_t now_ns);
  void OnChanges(const KernelChanges& changes, uint64_t now_ns);
  void OnEvent(const UnderlayEvent& event, uint64_t now_ns);
  /// Packets were sent to these ends.
  void OnUsed(const TunnelEnds& ends, uint64_t now_ns);
  /// What is due. `next_ns()` says when to call it next.
  void OnTimer(uint64_t now_ns);
  uint64_t next_ns() const;
  /// Publishes if anything changed since the last time. Call it after a batch of the above.
  void Settle();

  const UnderlayReport& report() const { return report_; }

 private:
  struct Entry {
    bool configured = false;
    bool used = false;  // since the last refresh
    uint64_t used_ns = 0;
    uint64_t asked_ns = 0;
    Way way;
    KernelNeighbour neighbour;
  };
  // A neighbour: a port of ours or a device of the kernel, and the address.
  using HopKey = std::pair<int64_t, IpAddress>;

  static HopKey KeyOf(const Way& way);
  bool IsReady(PortNo port) const;
  void Announce(const AddressedPort& port);
  void LookAtEverything(uint64_t now_ns);
  void Resolve(const TunnelEnds& ends, Entry* entry, uint64_t now_ns);
  void ReadNeighbour(Entry* entry);
  void Ask(const Way& way, uint64_t now_ns);
  void OnNeighbour(const HopKey& key, uint64_t now_ns);
  void Refresh(uint64_t now_ns);
  void ForgetUnused(uint64_t now_ns);
  std::set<int> NeededDevices() const;
  void OpenPorts();
  void CloseUnneeded();
  UnderlayPublication MakePublication() const;
  NextHop MakeNextHop(const Way& way, const MacAddress& mac) const;
  UnderlayReport MakeReport() const;
  std::string Describe(const Entry& entry) const;

  const Environment env_;
  OwnNeighbours own_;
  UnderlayConfig config_;
  std::vector<KernelAddress> addresses_;
  std::map<TunnelEnds, Entry> entries_;
  std::multimap<HopKey, TunnelEnds> by_hop_;
  struct DevicePort {
    PortNo port = kNoPort;  // kNoPort: it could not be opened
    std::string problem;
  };
  std::map<int, DevicePort> device_ports_;  // by device index
  UnderlayPublication published_;
  UnderlayReport report_;
  bool changed_ = true;
  bool look_ = false;  // at everything, when `look_ns_` has come
  uint64_t look_ns_ = 0;
  uint64_t refresh_ns_ = 0;
  uint64_t now_ns_ = 0;  // for what OwnNeighbours calls back
};

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_ENGINE_H_
