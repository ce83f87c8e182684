// SPDX-License-Identifier: Apache-2.0
//
// Neighbours of the ports where the switch itself is the host: who has which hardware address.
// Asked for by ARP and neighbour discovery, kept fresh by the states of RFC 4861 section 7.3 (for
// both families): reachable for half a minute after an answer, then stale; a stale one that is used
// is asked directly, and forgotten if it does not answer.
//
// Thread safety: one thread uses it. Time is the caller's.
#ifndef VSW_DATAPATH_UNDERLAY_OWN_NEIGHBOURS_H_
#define VSW_DATAPATH_UNDERLAY_OWN_NEIGHBOURS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/underlay/kernel_view.h"

namespace vsw {

class OwnNeighbours {
 public:
  /// The port's address and hardware address to ask with, and how frames leave.
  struct Identity {
    MacAddress mac;
    IpAddress address;
  };
  using Key = std::pair<PortNo, IpAddress>;
  /// Sends a frame by the port.
  using Send = std::function<void(PortNo, std::vector<uint8_t>)>;
  /// A neighbour became usable, moved, or failed.
  using Changed = std::function<void(const Key&)>;

  static constexpr uint64_t kReachableNs = 30'000'000'000;
  static constexpr uint64_t kRetryNs = 1'000'000'000;
  static constexpr int kTries = 3;
  static constexpr size_t kMaxNeighbours = 8192;

  OwnNeighbours(Send send, Changed changed)
      : send_(std::move(send)), changed_(std::move(changed)) {}

  KernelNeighbour Find(const Key& key) const;
  /// Has the neighbour found out, or made sure of if it is stale; does nothing while that goes on
  /// or while it is reachable.
  void Solicit(const Key& key, const Identity& as, uint64_t now_ns);
  /// An answer to what we asked (`solicited`), or anything else that says where the neighbour is:
  /// only an answer proves that our packets reach it.
  void Heard(const Key& key, const MacAddress& mac, bool solicited, uint64_t now_ns);
  /// Asks again and gives up where it is due.
  void OnTimer(uint64_t now_ns);
  std::optional<uint64_t> next_ns() const;
  /// Asks at once for those neighbours of the port that are being asked for: what was sent before
  /// was lost.
  void AskAgain(PortNo port, uint64_t now_ns);
  /// Forgets the port's neighbours.
  void Forget(PortNo port);

 private:
  enum class State : uint8_t { kIncomplete, kReachable, kStale, kProbe, kFailed };
  struct Entry {
    State state = State::kIncomplete;
    MacAddress mac;
    Identity as;
    int tries = 0;
    uint64_t due_ns = 0;  // of the next question, or the end of being reachable
  };

  bool HasRoom();
  void Ask(const Key& key, Entry* entry, uint64_t now_ns);

  const Send send_;
  const Changed changed_;
  std::map<Key, Entry> entries_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_OWN_NEIGHBOURS_H_
