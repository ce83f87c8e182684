// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow messages as values, the same for all versions. A request is what a codec (message/) made
// of bytes or text; an answer is what the bridge gives for a codec to write. Ports are 32 bits as
// in 1.3, groups and meters as on the wire; counters that are not kept are ~0.
#ifndef VSW_OFPROTO_MESSAGE_MESSAGES_H_
#define VSW_OFPROTO_MESSAGE_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/mac_address.h"
#include "ofproto/action/actions.h"
#include "ofproto/match/match.h"

namespace vsw {

enum class OfVersion : uint8_t { k10 = 1, k11 = 2, k12 = 3, k13 = 4, k14 = 5, k15 = 6 };

inline constexpr uint8_t kTableAll = 0xff;
inline constexpr uint32_t kNoBuffer = 0xffffffff;
inline constexpr uint32_t kGroupMax = 0xffffff00, kGroupAll = 0xfffffffc, kGroupAny = 0xffffffff;
inline constexpr uint32_t kMeterMax = 0xffff0000, kMeterSlowPath = 0xfffffffd,
                          kMeterController = 0xfffffffe, kMeterAll = 0xffffffff;

// --- Flows (1.3 sections 7.3.4.1, 7.3.5.2) -------------------------------------------------------

namespace flow_flags {
inline constexpr uint16_t kSendFlowRemoved = 1, kCheckOverlap = 2, kResetCounts = 4,
                          kNoPacketCounts = 8, kNoByteCounts = 16;
}

struct FlowMod {
  enum class Command : uint8_t { kAdd, kModify, kModifyStrict, kDelete, kDeleteStrict };
  Command command = Command::kAdd;
  uint8_t table =
      0;  // kTableAll: deletes from all; adds and modifies where the switch thinks fit (0)
  Match match;
  uint16_t priority = 0x8000;
  uint64_t cookie = 0;       // new; for modify kept if !set_cookie
  uint64_t cookie_mask = 0;  // modify, delete: only rules with those bits of match_cookie
  uint64_t match_cookie = 0;
  bool set_cookie = true;
  uint16_t idle_timeout = 0, hard_timeout = 0, importance = 0;
  uint16_t flags = 0;              // flow_flags
  uint32_t out_port = kOfpAny;     // delete: only rules that output to it
  uint32_t out_group = kGroupAny;  // delete: only rules that refer to it
  uint32_t buffer_id = kNoBuffer;
  Instructions instructions;
  // Came as 1.0 or as text: ActionEnvironment::Prerequisites::kLenient is asked of its actions.
  bool lenient_actions = false;
};

/// Selects flows, for flow and aggregate statistics and for monitors.
struct FlowSelector {
  uint8_t table = kTableAll;
  Match match;
  uint32_t out_port = kOfpAny, out_group = kGroupAny;
  uint64_t cookie = 0, cookie_mask = 0;
};

struct FlowStats {
  uint8_t table = 0;
  Match match;
  uint16_t priority = 0;
  uint64_t cookie = 0;
  uint16_t idle_timeout = 0, hard_timeout = 0, importance = 0, flags = 0;
  uint64_t duration_ns = 0;
  uint64_t idle_ns = 0;  // since last used, or made
  uint64_t hard_ns = 0;  // since made or last modified
  uint64_t packets = 0, bytes = 0;
  Instructions instructions;
};
struct AggregateStats {
  uint64_t packets = 0, bytes = 0;
  uint32_t flows = 0;
};

enum class FlowRemovedReason : uint8_t {
  kIdleTimeout,
  kHardTimeout,
  kDelete,
  kGroupDelete,
  kMeterDelete,
  kEviction,
};
struct FlowRemoved {
  FlowStats flow;
  FlowRemovedReason reason;
};

// --- Packets -------------------------------------------------------------------------------------

enum class PacketInReason : uint8_t {
  kNoMatch = 0,
  kAction = 1,
  kInvalidTtl = 2,
  kActionSet = 3,
  kGroup = 4,
  kPacketOut = 5,
  // as ovs: table-miss through the implicit rule of 1.0-1.2, sent on as kNoMatch or not at all
  kImplicitMiss = 0xfe,
};
struct PacketIn {
  std::vector<uint8_t> packet;  // cut to max_bytes already
  uint32_t total_bytes = 0;
  PacketInReason reason = PacketInReason::kAction;
  uint8_t table = 0;
  uint64_t cookie = ~0ull;
  MatchKey metadata;  // pipeline and tunnel fields of the packet (in_port always)
  uint16_t controller_id = 0;
  uint16_t max_bytes = 0xffff;
  std::vector<uint8_t> userdata;
};
struct PacketOut {
  uint32_t buffer_id = kNoBuffer;
  MatchKey metadata;  // in_port, and in 1.5 or NXT_PACKET_OUT more
  OfActions actions;
  std::vector<uint8_t> packet;
};

// --- Tunnel options (NXT_TLV_TABLE_MOD of the Nicira extensions) --------------------------------

/// tun_metadata<index> stands for the Geneve option of this class and type, with `length` bytes of
/// data.
struct TlvMapping {
  uint16_t option_class = 0;
  uint8_t type = 0;
  uint8_t length = 0;
  uint16_t index = 0;
  bool operator==(const TlvMapping&) const = default;
};
struct TlvTableMod {
  enum class Command : uint16_t { kAdd, kDelete, kClear };
  Command command = Command::kAdd;
  std::vector<TlvMapping> mappings;
};

// --- Ports (1.3 section 7.2.1) -------------------------------------------------------------------

namespace port_config {
inline constexpr uint32_t kDown = 1, kNoStp = 2, kNoRecv = 4, kNoRecvStp = 8, kNoFlood = 16,
                          kNoFwd = 32, kNoPacketIn = 64;
}
namespace port_state {
inline constexpr uint32_t kLinkDown = 1, kBlocked = 2, kLive = 4;
}
struct PortDesc {
  uint32_t port = 0;
  std::string name;
  MacAddress mac;
  uint32_t config = 0, state = 0;
  uint32_t current = 0, advertised = 0, supported = 0, peer = 0;  // OFPPF_* of 1.3
  uint32_t current_kbps = 0, max_kbps = 0;
};
struct PortMod {
  uint32_t port = 0;
  MacAddress mac;
  uint32_t config = 0, mask = 0, advertise = 0;
};
enum class PortStatusReason : uint8_t { kAdd, kDelete, kModify };
struct PortStatus {
  PortStatusReason reason;
  PortDesc desc;
};
struct PortStats {
  uint32_t port = 0;
  uint64_t rx_packets = 0, tx_packets = 0, rx_bytes = 0, tx_bytes = 0, rx_dropped = 0,
           tx_dropped = 0, rx_errors = 0, tx_errors = 0;
  uint64_t duration_ns = 0;
};

// --- Tables --------------------------------------------------------------------------------------

struct TableConfig {
  enum class Miss : uint8_t { kDefault, kController, kContinue, kDrop };
  Miss miss = Miss::kDefault;  // 1.1-1.2's OFPTC_TABLE_MISS_*; 1.3 on has table-miss rules
  bool eviction = false;       // 1.4
  bool vacancy_events = false;
  uint8_t vacancy_down = 0, vacancy_up = 0;
  uint32_t eviction_flags = 0;
};
struct TableMod {
  uint8_t table = 0;
  TableConfig config;
  bool set_eviction = false, set_vacancy = false;
};
struct TableStats {
  uint8_t table = 0;
  std::string name;
  uint32_t active = 0, max_entries = 0;
  uint64_t lookups = 0, matched = 0;
  TableConfig config;
};

// --- Groups (1.3 section 7.3.4.2; 1.5 section 7.3.4.3) -------------------------------------------

enum class GroupType : uint8_t { kAll = 0, kSelect = 1, kIndirect = 2, kFastFailover = 3 };
inline constexpr uint32_t kBucketMax = 0xffffff00, kBucketFirst = 0xfffffffd,
                          kBucketLast = 0xfffffffe, kBucketAll = 0xffffffff;
struct Bucket {
  uint32_t id = kBucketAll;  // kBucketAll: to be given by the switch
  uint16_t weight = 1;
  uint32_t watch_port = kOfpAny, watch_group = kGroupAny;
  OfActions actions;
  bool operator==(const Bucket&) const = default;
};
struct GroupMod {
  enum class Command : uint8_t {
    kAdd = 0,
    kModify = 1,
    kDelete = 2,
    kInsertBucket = 3,
    kRemoveBucket = 5,
    kAddOrModify = 0x80,
  };
  Command command = Command::kAdd;
  GroupType type = GroupType::kAll;
  uint32_t group = 0;
  uint32_t command_bucket = kBucketAll;
  std::vector<Bucket> buckets;
  // selection_method of ovs's group property: "", "hash" or "dp_hash"
  std::string selection_method;
  uint64_t selection_parameter = 0;
  std::vector<FieldId> selection_fields;
};
struct GroupDesc {
  uint32_t group = 0;
  GroupType type = GroupType::kAll;
  std::vector<Bucket> buckets;
  std::string selection_method;
  uint64_t selection_parameter = 0;
  std::vector<FieldId> selection_fields;
};
struct GroupStats {
  uint32_t group = 0, references = 0;
  uint64_t packets = 0, bytes = 0, duration_ns = 0;
  struct OfBucket {
    uint64_t packets = 0, bytes = 0;
  };
  std::vector<OfBucket> buckets;
};

// --- Meters (1.3 section 7.3.4.4) ----------------------------------------------------------------

struct MeterBand {
  enum class Type : uint8_t { kDrop = 1, kDscpRemark = 2 };
  Type type = Type::kDrop;
  uint32_t rate = 0;       // kbit/s or packets/s
  uint32_t burst = 0;      // kbit or packets; 0: of one second
  uint8_t precedence = 0;  // kDscpRemark: added to the drop precedence
  bool operator==(const MeterBand&) const = default;
};
struct MeterConfig {
  uint32_t meter = 0;
  bool packets_per_second = false, has_burst = false, keep_stats = false;
  std::vector<MeterBand> bands;
  bool operator==(const MeterConfig&) const = default;
};
struct MeterMod {
  enum class Command : uint8_t { kAdd, kModify, kDelete };
  Command command = Command::kAdd;
  MeterConfig config;
};
struct MeterStats {
  uint32_t meter = 0, flows = 0;
  uint64_t packets_in = 0, bytes_in = 0, duration_ns = 0;
  struct OfBand {
    uint64_t packets = 0, bytes = 0;
  };
  std::vector<OfBand> bands;
};

// --- Flow monitors (1.4 section 7.3.5.17; NXST_FLOW_MONITOR)
// ---------------------------------------

namespace monitor_flags {
inline constexpr uint16_t kInitial = 1, kAdd = 2, kDelete = 4, kModify = 8, kActions = 16,
                          kOwn = 32, kOnlyOwn = 64;
}
struct FlowMonitorRequest {
  enum class Command : uint8_t { kAdd, kModify, kDelete };
  Command command = Command::kAdd;
  uint32_t id = 0;
  uint16_t flags = 0;  // monitor_flags
  FlowSelector selector;
};
struct FlowUpdate {
  enum class Event : uint8_t {
    kInitial,
    kAdded,
    kDeleted,
    kModified,
    kAbbreviated,
    kPaused,
    kResumed
  };
  Event event;
  FlowStats flow;  // kDeleted: with the reason
  FlowRemovedReason reason = FlowRemovedReason::kDelete;
  uint32_t xid = 0;  // kAbbreviated: of the controller's own request
};

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_MESSAGES_H_
