// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow between bytes and values, for the switch's side of a connection: DecodeRequest() makes a
// value of each message that a controller may send, the Encode functions make the bytes of each
// that the switch sends. Pure functions over all versions; what version speaks which form is theirs
// to know. Every length, count and padding is checked; what cannot be decoded is an OfStatus with
// the error that the specification wants.
//
// Layout: one message family, one file (hello, packet, flow, group, meter, port, table, multipart,
// role_async, bundle, monitor, nicira); wire.h has the reader and writer of big-endian bytes;
// oxm, match, action, instruction have what several families share.
#ifndef VSW_OFPROTO_MESSAGE_CODEC_H_
#define VSW_OFPROTO_MESSAGE_CODEC_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ofproto/bridge_control.h"
#include "ofproto/error.h"
#include "ofproto/message/messages.h"

namespace vsw {

using Bytes = std::vector<uint8_t>;

inline constexpr size_t kOfHeaderBytes = 8;
struct OfHeader {
  uint8_t version;  // as on the wire: any value
  uint8_t type;
  uint16_t length;
  uint32_t xid;
};
/// REQUIRES: at least kOfHeaderBytes.
OfHeader ReadHeader(std::span<const uint8_t> bytes);

// How the two sides agreed to write what has several forms (Nicira extensions, for 1.0 to 1.2
// chiefly; ovs's NXT_SET_FLOW_FORMAT, NXT_SET_PACKET_IN_FORMAT, NXT_FLOW_MOD_TABLE_ID).
enum class PacketInFormat : uint8_t { kStandard, kNxt, kNxt2 };
struct Dialect {
  OfVersion version = OfVersion::k13;
  PacketInFormat packet_in_format = PacketInFormat::kStandard;
  bool flow_mod_table_id = false;  // 1.0: the upper byte of the command is a table
};

namespace msg {
struct Hello {
  uint32_t versions = 0;
};  // bit v set: wire version v is spoken
struct EchoRequest {
  Bytes data;
};
struct EchoReply {
  Bytes data;
};
/// An error from the peer: to be logged.
struct Error {
  uint16_t type, code;
  Bytes data;
};
struct FeaturesRequest {};
struct GetConfigRequest {};
struct SetConfig {
  FragmentHandling fragments;
  bool invalid_ttl_to_controller = false;
  uint16_t miss_send_len = 128;
};
struct BarrierRequest {};
struct GetAsyncRequest {};
/// Which asynchronous messages are wanted, [0] as master or equal, [1] as slave; bit r: reason r.
struct AsyncConfig {
  std::array<uint32_t, 2> packet_in{}, port_status{}, flow_removed{}, role_status{}, table_status{},
      requestforward{};
};
/// Only the parts that the message held; the others stay.
struct SetAsync {
  AsyncConfig values, present;
};
enum class Role : uint32_t { kNoChange = 0, kEqual = 1, kMaster = 2, kSlave = 3 };
struct RoleRequest {
  Role role;
  bool has_generation = true;
  uint64_t generation = 0;
  bool nicira = false;
};
struct QueueConfigRequest {
  uint32_t port;
};  // 1.0 to 1.3
struct BundleControl {
  enum class Type : uint16_t {
    kOpen = 0,
    kOpenReply,
    kClose,
    kCloseReply,
    kCommit,
    kCommitReply,
    kDiscard,
    kDiscardReply,
  };
  uint32_t id;
  Type type;
  uint16_t flags;
  bool onf = false;  // 1.3 with ONF extension 230 (experimenter) instead of 1.4's own
};
struct BundleAdd {
  uint32_t id;
  uint16_t flags;
  BridgeControl::BundleEntry entry;
  uint32_t inner_xid;
  uint8_t inner_type;
  Bytes inner;  // the message itself, for error replies
  bool onf = false;
};
// Nicira settings
struct SetFlowFormat {
  uint32_t format;
};
struct SetPacketInFormat {
  PacketInFormat format;
};
struct SetFlowModTableId {
  bool enabled;
};
struct SetControllerId {
  uint16_t id;
};
struct CancelFlowMonitor {
  uint32_t id;
};
/// NXT_RESUME: accepted and refused with the error that says why (no paused packets exist).
struct Resume {};
/// NXT_TLV_TABLE_REQUEST.
struct TlvTableRequest {};
/// NXT_CT_FLUSH(_ZONE): connection tracking is not there.
struct CtFlush {};

// Multipart requests (all parts already put together by the caller: see Multipart below).
struct DescRequest {};
struct FlowStatsRequest {
  FlowSelector selector;
};
struct AggregateRequest {
  FlowSelector selector;
};
struct TableStatsRequest {};
struct TableDescRequest {};
struct TableFeaturesRequest {
  bool wants_change = false;
};
struct PortStatsRequest {
  uint32_t port;
};
struct PortDescRequest {
  uint32_t port = kOfpAny;
};
struct QueueStatsRequest {
  uint32_t port, queue;
};
struct QueueDescRequest {
  uint32_t port, queue;
};
struct GroupStatsRequest {
  uint32_t group;
};
struct GroupDescRequest {
  uint32_t group = kGroupAll;
};
struct GroupFeaturesRequest {};
struct MeterStatsRequest {
  uint32_t meter;
};
struct MeterConfigRequest {
  uint32_t meter;
};
struct MeterFeaturesRequest {};
struct FlowMonitorRequests {
  std::vector<FlowMonitorRequest> monitors;
};
struct IpfixRequest {};  // NXST_IPFIX_*: none configured
}  // namespace msg

struct Request {
  using Body = std::variant<
      msg::Hello, msg::EchoRequest, msg::EchoReply, msg::Error, msg::FeaturesRequest,
      msg::GetConfigRequest, msg::SetConfig, msg::BarrierRequest, msg::GetAsyncRequest,
      msg::SetAsync, msg::RoleRequest, msg::QueueConfigRequest, msg::BundleControl, msg::BundleAdd,
      msg::SetFlowFormat, msg::SetPacketInFormat, msg::SetFlowModTableId, msg::SetControllerId,
      msg::CancelFlowMonitor, msg::Resume, msg::CtFlush, msg::DescRequest, msg::FlowStatsRequest,
      msg::AggregateRequest, msg::TableStatsRequest, msg::TableDescRequest,
      msg::TableFeaturesRequest, msg::PortStatsRequest, msg::PortDescRequest,
      msg::QueueStatsRequest, msg::QueueDescRequest, msg::GroupStatsRequest, msg::GroupDescRequest,
      msg::GroupFeaturesRequest, msg::MeterStatsRequest, msg::MeterConfigRequest,
      msg::MeterFeaturesRequest, msg::FlowMonitorRequests, msg::IpfixRequest, msg::TlvTableRequest,
      FlowMod, GroupMod, MeterMod, PortMod, TableMod, TlvTableMod, PacketOut>;
  OfHeader header;
  Body body;
  bool more = false;    // a part of a multipart request with more to come (OFPMPF_REQ_MORE)
  bool nicira = false;  // the answer is of the Nicira form (NXST_FLOW, ...)
};

/// Decodes one whole message (`bytes.size()` is its length). The version in its header must be that
/// of the dialect, except for hello, echo and error.
OfResult<Request> DecodeRequest(const Dialect& dialect, std::span<const uint8_t> bytes);

/// The error message for `request_bytes` (of which up to 64 bytes are quoted).
Bytes EncodeError(OfVersion version, const OfStatus& status, uint32_t xid,
                  std::span<const uint8_t> request_bytes);
Bytes EncodeHello(uint32_t versions);
Bytes EncodeEcho(OfVersion version, bool is_reply, uint32_t xid, std::span<const uint8_t> data);
Bytes EncodeBarrierReply(OfVersion version, uint32_t xid);

struct SwitchFeatures {
  uint64_t dpid;
  uint8_t tables = 254;
  std::vector<PortDesc> ports;
  uint8_t auxiliary_id = 0;
};
Bytes EncodeFeatures(OfVersion version, uint32_t xid, const SwitchFeatures& features);
Bytes EncodeConfig(OfVersion version, uint32_t xid, const msg::SetConfig& config);
Bytes EncodeAsyncConfig(OfVersion version, uint32_t xid, const msg::AsyncConfig& config);
Bytes EncodeRoleReply(OfVersion version, uint32_t xid, const msg::RoleRequest& role);
enum class RoleStatusReason : uint8_t { kMasterRequest, kConfig, kExperimenter };
Bytes EncodeRoleStatus(OfVersion version, msg::Role role, RoleStatusReason reason,
                       uint64_t generation);
Bytes EncodeTlvTable(OfVersion version, uint32_t xid, std::span<const TlvMapping> mappings);
Bytes EncodeBundleReply(OfVersion version, uint32_t xid, const msg::BundleControl& reply);

// Asynchronous messages; empty if the version has no such thing.
Bytes EncodePacketIn(const Dialect& dialect, const PacketIn& packet_in);
Bytes EncodeFlowRemoved(const Dialect& dialect, const FlowRemoved& removed);
Bytes EncodePortStatus(OfVersion version, const PortStatus& status);
Bytes EncodeRequestForward(OfVersion version, const GroupMod& mod);
Bytes EncodeRequestForward(OfVersion version, const MeterMod& mod);
Bytes EncodeTableStatus(OfVersion version, uint8_t reason, const TableStats& table);

// Multipart replies: one or several messages, cut where 64 KiB are full, the last without the MORE
// flag. `nicira`: as the request was.
struct SwitchDesc {
  std::string manufacturer, hardware, software, serial, datapath;
};
std::vector<Bytes> EncodeDesc(OfVersion version, uint32_t xid, const SwitchDesc& desc);
std::vector<Bytes> EncodeFlowStats(OfVersion version, uint32_t xid, bool nicira,
                                   std::span<const FlowStats> flows);
std::vector<Bytes> EncodeAggregate(OfVersion version, uint32_t xid, bool nicira,
                                   const AggregateStats& stats);
std::vector<Bytes> EncodeTableStats(OfVersion version, uint32_t xid,
                                    std::span<const TableStats> tables);
std::vector<Bytes> EncodeTableDesc(OfVersion version, uint32_t xid,
                                   std::span<const TableStats> tables);
std::vector<Bytes> EncodeTableFeatures(OfVersion version, uint32_t xid,
                                       std::span<const TableStats> tables);
std::vector<Bytes> EncodePortStats(OfVersion version, uint32_t xid,
                                   std::span<const PortStats> ports);
std::vector<Bytes> EncodePortDesc(OfVersion version, uint32_t xid, std::span<const PortDesc> ports);
/// No queues are configured: replies without entries.
std::vector<Bytes> EncodeQueueStats(OfVersion version, uint32_t xid);
std::vector<Bytes> EncodeQueueDesc(OfVersion version, uint32_t xid);
Bytes EncodeQueueConfig(OfVersion version, uint32_t xid, uint32_t port);
std::vector<Bytes> EncodeGroupStats(OfVersion version, uint32_t xid,
                                    std::span<const GroupStats> groups);
std::vector<Bytes> EncodeGroupDesc(OfVersion version, uint32_t xid,
                                   std::span<const GroupDesc> groups);
std::vector<Bytes> EncodeGroupFeatures(OfVersion version, uint32_t xid);
std::vector<Bytes> EncodeMeterStats(OfVersion version, uint32_t xid,
                                    std::span<const MeterStats> meters);
std::vector<Bytes> EncodeMeterConfigs(OfVersion version, uint32_t xid,
                                      std::span<const MeterConfig> meters);
std::vector<Bytes> EncodeMeterFeatures(OfVersion version, uint32_t xid);
/// Replies to a monitor request (xid of the request) or later updates (xid 0).
std::vector<Bytes> EncodeFlowUpdates(OfVersion version, uint32_t xid, bool nicira,
                                     std::span<const FlowUpdate> updates);
/// NXT_FLOW_MONITOR_CANCELED, PAUSED, RESUMED.
Bytes EncodeMonitorState(OfVersion version, uint32_t xid, uint16_t nicira_subtype);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_CODEC_H_
