// SPDX-License-Identifier: Apache-2.0
//
// What workers tell the underlay's thread: a next hop that is missed, a neighbour that spoke to an
// address of ours. A bounded queue of many writers and one reader (after D. Vyukov's array queue:
// each cell carries the turn at which it may be written or read); what finds no room is lost, and
// whoever pushed asks again when it still matters.
//
// Thread safety: Push() from any thread, without locks; a system call only if the reader sleeps.
// The other members from the one reader.
#ifndef VSW_DATAPATH_TUNNEL_UNDERLAY_EVENTS_H_
#define VSW_DATAPATH_TUNNEL_UNDERLAY_EVENTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "base/unique_fd.h"

namespace vsw {

struct UnderlayEvent {
  enum class Kind : uint8_t {
    kMiss,      // local, remote: wanted by a packet
    kSpoke,     // port, remote, mac: asked for us, or said unasked who it is
    kAnswered,  // the same: an answer to what we asked
  };
  Kind kind = Kind::kMiss;
  PortNo port = kNoPort;
  MacAddress mac{};
  IpAddress local{};
  IpAddress remote{};
  bool operator==(const UnderlayEvent&) const = default;
};

class UnderlayEvents {
 public:
  UnderlayEvents();
  UnderlayEvents(const UnderlayEvents&) = delete;
  UnderlayEvents& operator=(const UnderlayEvents&) = delete;

  /// False: no room.
  bool Push(const UnderlayEvent& event) noexcept;

  bool Pop(UnderlayEvent* event);
  /// To be called before the reader sleeps on fd(). False: there are events, do not sleep.
  bool BeginSleep();
  void EndSleep();
  /// Readable when a sleeper has something to do.
  int fd() const { return fd_.get(); }
  /// Makes fd() readable; any thread.
  void Wake() noexcept;

 private:
  static constexpr size_t kCells = 1024;
  struct Cell {
    std::atomic<uint64_t> turn;
    UnderlayEvent event;
  };

  const UniqueFd fd_;
  std::array<Cell, kCells> cells_;
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) uint64_t head_ = 0;
  std::atomic<bool> asleep_{false};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_UNDERLAY_EVENTS_H_
