// SPDX-License-Identifier: Apache-2.0
//
// A port of the datapath: a NIC, a kernel device, a guest. One file per kind implements it. Its
// virtual calls happen once per burst. It knows bursts of mbufs and nothing of flows.
//
// What an mbuf carries between ports: the frame from its Ethernet header on, without FCS, in one or
// more segments, every VLAN tag in the data; and in ol_flags/tx_offload what the frame still needs
// before it stands on a wire, in DPDK's transmit terms: RTE_MBUF_F_TX_{IPV4|IPV6} with
// RTE_MBUF_F_TX_{TCP|UDP}_CKSUM for a checksum that holds only the pseudo-header sum,
// RTE_MBUF_F_TX_TCP_SEG (with tso_segsz) or RTE_MBUF_F_TX_UDP_SEG for a frame to be segmented.
// l2_len, l3_len and l4_len are valid whenever such a flag is set (l2_len up to the L3 header, VLAN
// tags included; a worker that changes tags adjusts it). Receive flags of the device are cleared. A
// port whose way out lacks a capability does the work in software (datapath/packet/offload.h).
// What a tunnel sends to a port with tunnel_offloads() may also carry RTE_MBUF_F_TX_TUNNEL_* with
// the outer flags and lengths: all other flags and lengths are then the inner frame's.
//
// Thread safety: Receive() for one queue is called by one worker at a time; Transmit() by all
// workers at once, each with its own WorkerId. Open/close and the queries are for the control
// thread. The object outlives every worker's use of it: it is destroyed after a grace period.
#ifndef VSW_DATAPATH_PORT_PORT_H_
#define VSW_DATAPATH_PORT_PORT_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/port/tunnel_offloads.h"
#include "datapath/worker/counters.h"

struct rte_mbuf;

namespace vsw {

/// The most frames that one Receive() or Transmit() call moves.
inline constexpr uint16_t kBurst = 32;

/// What may change at run time; for status and metrics.
struct PortInfo {
  bool link_up = false;
  MacAddress mac;
  uint32_t mtu = 0;  // bytes of L3, without Ethernet header and tags
  uint32_t rx_queues = 0;
  uint32_t tx_queues = 0;
  uint32_t speed_mbps = 0;  // of the link; 0: not known
  int device_index = 0;     // of the kernel's device, if it is in vswitchd's own namespace
  std::map<std::string, std::string> facts;  // such as {"driver", "net_pcap"}; for people
};

/// Losses and errors that the device counted by itself, outside any worker.
struct DeviceCounters {
  uint64_t rx_dropped = 0;  // before the switch could receive them
  uint64_t rx_errors = 0;
  uint64_t tx_errors = 0;
};

/// What Port::ReceiveLent() gave.
struct Received {
  uint16_t frames = 0;
  bool lent = false;  // some of them: TakeBack() is to follow
};

class Port {
 public:
  Port(PortNo number, std::string name) : number_(number), name_(std::move(name)) {}
  virtual ~Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  PortNo number() const { return number_; }
  const std::string& name() const { return name_; }

  /// Receive queues to be polled; fixed for the life of the object.
  virtual uint16_t rx_queue_count() const = 0;

  /// Moves up to burst.size() (at most kBurst) received frames into `burst`; returns how many. The
  /// caller owns them. Frames lost on the way are counted in `counters` by reason; delivered ones
  /// are counted by the caller.
  virtual uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) = 0;

  /// The same, but the tails of frames may be lent (packet/lent_tail.h). Then TakeBack() is called
  /// for the queue, by the same worker and before anything else is done with it, as soon as each
  /// frame of the burst was sent, freed or has its tail.
  virtual Received ReceiveLent(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) {
    return {.frames = Receive(queue, burst, counters)};
  }
  virtual void TakeBack(QueueId queue) {}

  /// Takes ownership of all of `burst`: each frame is sent (tx_packets and tx_bytes) or freed and
  /// counted under its reason. A frame to be segmented counts as one packet per frame handed to the
  /// device or guest.
  virtual void Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) = 0;
  /// Whether Transmit() may be given frames whose tails are lent.
  virtual bool takes_lent() const { return false; }

  /// What tunnels may leave to it; fixed for the life of the object.
  virtual TunnelOffloads tunnel_offloads() const { return {}; }

  /// Prepares to sleep on `queue`: returns a file descriptor that becomes readable when frames
  /// arrive, kMustPoll if the kind has no such event, or kHasWork if frames are waiting already.
  /// Nothing of the port may be polled between this and EndSleep().
  virtual int BeginSleep(QueueId queue) { return kMustPoll; }
  /// Ends what BeginSleep() began (also after kHasWork); clears the event.
  virtual void EndSleep(QueueId queue) {}
  static constexpr int kMustPoll = -1;
  static constexpr int kHasWork = -2;

  virtual PortInfo ReadInfo() const = 0;
  virtual DeviceCounters ReadDeviceCounters() const { return {}; }

  /// Applies those of `options` (the API's, all of them, checked) that may change on a living port,
  /// such as mtu and admin-state. FailedPrecondition: the change needs the port to be made anew
  /// (the caller then does so).
  virtual absl::Status Reconfigure(const std::map<std::string, std::string>& options) = 0;

  /// Called before destruction when the port was removed from the configuration, and not when
  /// vswitchd merely ends or makes the port anew: takes what would outlive the object, such as a
  /// kernel device, away with it.
  virtual void Retire() {}

 private:
  const PortNo number_;
  const std::string name_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_PORT_H_
