// SPDX-License-Identifier: Apache-2.0
//
// The whole wanted configuration as a value, with the indexes that its checks need. The records are
// shared and never change, so that a copy costs little: a change works on a copy, and the copy
// becomes the current one once it is stored. Whatever goes with a removed row is removed with it.
//
// Thread safety: a const Config may be read by any thread.
#ifndef VSW_CONTROL_CONFIG_H_
#define VSW_CONTROL_CONFIG_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "db/records.h"

namespace vsw::control {

class Config {
 public:
  Config() = default;
  explicit Config(db::Contents contents);

  uint64_t revision = 0;
  /// Bridges that the request at hand created, be it in place of a deleted one of that name.
  std::set<std::string> created_bridges;

  const db::BridgeRecord* FindBridge(const std::string& name) const;
  const db::PortRecord* FindPort(const std::string& name) const;
  /// The port that the static address leads to; null if there is none.
  const std::string* FindFdb(const db::FdbKey& key) const;
  /// The port that has this OpenFlow number, or that claims this resource; null if none does.
  const std::string* OfPortOwner(const std::string& bridge, uint32_t ofport) const;
  const std::string* ClaimOwner(const std::string& claim) const;

  /// A free OpenFlow number for a port of the bridge; 0 if none is left. The lowest one to begin
  /// with, and from then on the next free one after the last that was given, so that the number of
  /// a deleted port, which rules may still name, is the last to come back.
  uint32_t TakeOfPort(const std::string& bridge);

  void PutBridge(db::BridgeRecord bridge);
  /// With its ports and static addresses.
  void RemoveBridge(const std::string& name);
  void PutPort(db::PortRecord port);
  /// With its static addresses.
  void RemovePort(const std::string& name);
  void PutFdb(const db::FdbRecord& entry) { static_fdb_[entry.key] = entry.port; }
  void RemoveFdb(const db::FdbKey& key) { static_fdb_.erase(key); }

  template <typename Record>
  using ByName = std::map<std::string, std::shared_ptr<const Record>>;
  const ByName<db::BridgeRecord>& bridges() const { return bridges_; }
  const ByName<db::PortRecord>& ports() const { return ports_; }
  const std::map<db::FdbKey, std::string>& static_fdb() const { return static_fdb_; }

 private:
  void Unindex(const db::PortRecord& port);

  ByName<db::BridgeRecord> bridges_;
  ByName<db::PortRecord> ports_;
  std::map<db::FdbKey, std::string> static_fdb_;
  std::map<std::pair<std::string, uint32_t>, std::string> ofports_;
  std::map<std::string, std::string> claims_;
  std::map<std::string, uint32_t> last_taken_;  // by bridge: what TakeOfPort gave last
};

/// What has to be written to get from one to the other; empty if they are equal but for the
/// revision.
db::Delta Difference(const Config& from, const Config& to);

}  // namespace vsw::control

#endif  // VSW_CONTROL_CONFIG_H_
