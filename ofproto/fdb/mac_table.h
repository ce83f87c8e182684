// SPDX-License-Identifier: Apache-2.0
//
// The forwarding database of one bridge: which port an address of a VLAN is behind. Addresses are
// learned and age; static ones do neither, are never moved by learning and do not count to the
// limit. At the limit the port with the most learned addresses loses its oldest one, so that a
// sender of many addresses pushes out its own and nobody else's.
//
// Every function that changes answers appends the addresses whose answer changed to `changed`; the
// caller invalidates what depended on them. Refreshing an address changes no answer.
//
// Thread safety: Lookup() from any thread at any time, without waiting. All else from the slow
// thread alone. After has_retired() turns true the caller waits for a grace period and calls
// ReleaseRetired().
#ifndef VSW_OFPROTO_FDB_MAC_TABLE_H_
#define VSW_OFPROTO_FDB_MAC_TABLE_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/datapath_control.h"
#include "ofproto/fdb/mac_index.h"

namespace vsw {

struct VlanMac {
  VlanId vlan = kNoVlan;
  MacAddress mac;
  auto operator<=>(const VlanMac&) const = default;
};

class MacTable {
 public:
  using Changes = std::vector<VlanMac>;

  /// Entries that one table can hold, learned and static together; greater limits mean this one.
  static constexpr uint32_t kMaxEntries = 1u << 24;

  struct Hit {
    PortNo port = kNoPort;  // kNoPort: not known
    bool is_static = false;
    StatId stat = kNoStat;  // what packets from a learned address count for
  };
  struct Row {
    VlanMac address;
    PortNo port;
    bool is_static;
    uint64_t last_seen_ns;
    IpAddress remote;
  };

  /// A number that stands for a tunnel's remote; 0 for none.
  static uint64_t RemoteKey(const IpAddress& remote);

  /// `control` outlives the table.
  MacTable(uint64_t ageing_ns, uint32_t max_learned, DatapathControl* control);

  Hit Lookup(VlanId vlan, const MacAddress& mac) const noexcept;
  /// RemoteKey() of the tunnel's remote that the address was learned behind.
  uint64_t LookupRemote(VlanId vlan, const MacAddress& mac) const noexcept;

  /// Takes the new limits; forgets addresses if there are too many now.
  void SetLimits(uint64_t ageing_ns, uint32_t max_learned, Changes* changed);
  /// `address` was seen behind `port`, of a tunnel with several remotes behind `remote`: learns,
  /// moves or refreshes it. Group addresses, the zero address and static ones are left alone.
  void Learn(const VlanMac& address, PortNo port, uint64_t now_ns, Changes* changed,
             const IpAddress& remote = {});
  /// Forgets what was not seen for the ageing time, nor its counter used; looks at no more than
  /// `bound` addresses.
  void Age(uint64_t now_ns, size_t bound, Changes* changed);
  /// Forgets learned addresses: of all ports, or of those VLANs of `port` for which `of_vlan` says
  /// yes.
  void Flush(Changes* changed);
  void FlushPort(PortNo port, const std::function<bool(VlanId)>& of_vlan, Changes* changed);

  /// Sets or moves a static entry; a learned one of that address gives way.
  void SetStatic(const VlanMac& address, PortNo port, Changes* changed);
  void EraseStatic(const VlanMac& address, Changes* changed);

  void ForEach(const std::function<void(const Row&)>& visit) const;
  size_t learned() const { return by_age_.size(); }

  bool has_retired() const { return index_.has_retired() || remotes_.has_retired(); }
  void ReleaseRetired() {
    index_.ReleaseRetired();
    remotes_.ReleaseRetired();
  }
  /// Gives the counters of forgotten addresses back. REQUIRES: every change that was told was
  /// invalidated.
  void ReleaseStats();
  /// The same for all of them: the table is about to go.
  void ReleaseAllStats();

 private:
  struct Entry {
    VlanMac address;
    PortNo port = kNoPort;  // kNoPort: free
    uint64_t last_seen_ns = 0;
    StatId stat = kNoStat;
    bool is_static = false;
    IpAddress remote = {};
  };
  using BySeen = std::set<std::pair<uint64_t, uint32_t>>;  // last seen, index of the entry

  uint32_t Find(const VlanMac& address) const;
  uint32_t Allocate(const VlanMac& address);
  void Publish(uint32_t index);
  void SetRemote(uint32_t index, const IpAddress& remote);
  void Remove(uint32_t index, Changes* changed);
  void AttachToPort(uint32_t index, PortNo port);
  void DetachFromPort(uint32_t index);
  void Touch(uint32_t index, uint64_t seen_ns);
  /// Takes over what the entry's counter says. True: it was used since it was last seen.
  bool TouchIfUsed(uint32_t index);
  void RetireStat(uint32_t index);
  void Move(uint32_t index, PortNo port, uint64_t now_ns, Changes* changed);
  /// Makes room for one more of `port`.
  void EvictFor(PortNo port, Changes* changed);

  uint64_t ageing_ns_;
  uint32_t max_learned_;
  DatapathControl* const control_;
  MacIndex index_;
  MacIndex remotes_;  // the same keys; of those behind a tunnel with several remotes
  std::vector<Entry> entries_;
  std::vector<uint32_t> free_;
  BySeen by_age_;                               // learned ones
  std::unordered_map<PortNo, BySeen> by_port_;  // learned ones
  std::set<std::pair<size_t, PortNo>> ports_by_count_;
  std::vector<StatId> retired_stats_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_FDB_MAC_TABLE_H_
