// SPDX-License-Identifier: Apache-2.0
//
// The meters of one bridge and what meter-mods do to them (OpenFlow 1.3 section 6.7). Each has a
// meter of the datapath, whose index it holds as long as it lives. Changes are staged like those of
// groups: the datapath hears of them in Keep().
//
// Thread safety: the slow thread alone.
#ifndef VSW_OFPROTO_METER_BRIDGE_METERS_H_
#define VSW_OFPROTO_METER_BRIDGE_METERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "datapath/flow/datapath_control.h"
#include "ofproto/error.h"
#include "ofproto/message/messages.h"

namespace vsw {

/// Indices of the datapath's meters, shared by all bridges.
class MeterIndexPool {
 public:
  static constexpr uint32_t kSize = 65536;
  /// kSize: none left.
  uint32_t Take();
  void Give(uint32_t index) { free_.insert(index); }

 private:
  uint32_t next_ = 0;
  std::set<uint32_t> free_;
};

class BridgeMeters {
 public:
  using IndexMap = std::unordered_map<uint32_t, uint32_t>;
  static constexpr size_t kMaxBands = 16;

  BridgeMeters(DatapathControl* control, MeterIndexPool* pool);
  ~BridgeMeters();

  void Begin();
  /// `*deleted` gets the meters that are no more (whose users have to go).
  OfStatus Modify(const MeterMod& mod, std::vector<uint32_t>* deleted);
  bool StagedHas(uint32_t meter) const { return staged_.contains(meter); }
  void Keep();
  void Drop();
  /// After a grace period and invalidation.
  void Reclaim();

  const std::shared_ptr<const IndexMap>& indices() const { return indices_; }
  std::vector<MeterConfig> List() const;
  std::vector<MeterStats> ListStats(uint64_t now_ns,
                                    const std::function<uint32_t(uint32_t)>& flows_of) const;

 private:
  struct Entry {
    MeterConfig config;
    uint32_t index = 0;
    uint64_t created_ns = 0;
  };
  using Entries = std::map<uint32_t, Entry>;
  static OfStatus Check(const MeterConfig& config);

  DatapathControl* const control_;
  MeterIndexPool* const pool_;
  Entries present_, staged_;
  std::vector<uint32_t> taken_;  // by the change under way
  std::vector<uint32_t> retired_;
  std::shared_ptr<const IndexMap> indices_ = std::make_shared<IndexMap>();
};

}  // namespace vsw

#endif  // VSW_OFPROTO_METER_BRIDGE_METERS_H_
