// SPDX-License-Identifier: Apache-2.0
//
// What can be wrong with a request, once for all OpenFlow versions; message/error_codes.h has the
// type and code that each version sends for it. Errors of requests are values, not exceptions: an
// OfStatus goes from where the fault was seen up to the connection, which sends it, or to the gRPC
// service, which puts it in words.
#ifndef VSW_OFPROTO_ERROR_H_
#define VSW_OFPROTO_ERROR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vsw {

// id, name as the specification or the Nicira extensions have it, meaning in a few words
#define VSW_OF_ERRORS(X)                                                                        \
  X(kHelloIncompatible, "OFPHFC_INCOMPATIBLE", "no common OpenFlow version")                    \
  X(kHelloPerm, "OFPHFC_EPERM", "not permitted")                                                \
  X(kBadVersion, "OFPBRC_BAD_VERSION", "OpenFlow version not supported")                        \
  X(kBadType, "OFPBRC_BAD_TYPE", "unknown message type")                                        \
  X(kBadMultipart, "OFPBRC_BAD_MULTIPART", "unknown statistics or multipart type")              \
  X(kBadExperimenter, "OFPBRC_BAD_EXPERIMENTER", "unknown experimenter")                        \
  X(kBadExpType, "OFPBRC_BAD_EXP_TYPE", "unknown experimenter type")                            \
  X(kPermission, "OFPBRC_EPERM", "not permitted")                                               \
  X(kBadLength, "OFPBRC_BAD_LEN", "wrong request length")                                       \
  X(kBufferEmpty, "OFPBRC_BUFFER_EMPTY", "buffer was already used")                             \
  X(kBufferUnknown, "OFPBRC_BUFFER_UNKNOWN", "no such buffer")                                  \
  X(kBadTableId, "OFPBRC_BAD_TABLE_ID", "no such table")                                        \
  X(kIsSlave, "OFPBRC_IS_SLAVE", "controller has the slave role")                               \
  X(kBadRequestPort, "OFPBRC_BAD_PORT", "invalid port")                                         \
  X(kBadPacket, "OFPBRC_BAD_PACKET", "invalid packet in a packet-out")                          \
  X(kMultipartOverflow, "OFPBRC_MULTIPART_BUFFER_OVERFLOW", "multipart request too long")       \
  X(kMultipartTimeout, "OFPBRC_MULTIPART_REQUEST_TIMEOUT", "multipart request not completed")   \
  X(kPipelineFieldsOnly, "OFPBRC_PIPELINE_FIELDS_ONLY", "match holds packet header fields")     \
  X(kNxmInvalid, "NXBRC_NXM_INVALID", "malformed NXM match")                                    \
  X(kMustBeZero, "NXBRC_MUST_BE_ZERO", "a field that must be zero is not")                      \
  X(kBadReason, "NXBRC_BAD_REASON", "invalid reason in a port status or packet-in")             \
  X(kFmBadEvent, "NXBRC_FM_BAD_EVENT", "invalid flow monitor event")                            \
  X(kTlvBadCommand, "NXTTMFC_BAD_COMMAND", "unknown command for the TLV table")                 \
  X(kTlvBadOptionLength, "NXTTMFC_BAD_OPT_LEN", "tunnel option length not supported")           \
  X(kTlvBadFieldIndex, "NXTTMFC_BAD_FIELD_IDX", "no such tunnel metadata field")                \
  X(kTlvAlreadyMapped, "NXTTMFC_ALREADY_MAPPED", "tunnel metadata field is mapped already")     \
  X(kTlvDuplicateEntry, "NXTTMFC_DUP_ENTRY", "tunnel option is mapped to another field")        \
  X(kTlvInUse, "NXTTMFC_INVALID_TLV_DEL", "tunnel option mapping is in use")                    \
  X(kInvalidTlvField, "NXFMFC_INVALID_TLV_FIELD", "tunnel metadata field is not mapped")        \
  X(kBadActionType, "OFPBAC_BAD_TYPE", "unknown action type")                                   \
  X(kBadActionLength, "OFPBAC_BAD_LEN", "wrong action length")                                  \
  X(kBadActionExperimenter, "OFPBAC_BAD_EXPERIMENTER", "unknown experimenter in an action")     \
  X(kBadActionExpType, "OFPBAC_BAD_EXP_TYPE", "unknown experimenter action")                    \
  X(kBadOutPort, "OFPBAC_BAD_OUT_PORT", "invalid output port")                                  \
  X(kBadArgument, "OFPBAC_BAD_ARGUMENT", "invalid action argument")                             \
  X(kActionPermission, "OFPBAC_EPERM", "not permitted")                                         \
  X(kTooManyActions, "OFPBAC_TOO_MANY", "too many actions")                                     \
  X(kBadQueue, "OFPBAC_BAD_QUEUE", "invalid output queue")                                      \
  X(kBadOutGroup, "OFPBAC_BAD_OUT_GROUP", "invalid group in an action")                         \
  X(kMatchInconsistent, "OFPBAC_MATCH_INCONSISTENT", "action cannot apply to this match")       \
  X(kUnsupportedOrder, "OFPBAC_UNSUPPORTED_ORDER", "actions in an order that is not supported") \
  X(kBadTag, "OFPBAC_BAD_TAG", "unsupported tag or encapsulation")                              \
  X(kBadSetType, "OFPBAC_BAD_SET_TYPE", "unsupported field in set-field")                       \
  X(kBadSetLength, "OFPBAC_BAD_SET_LEN", "wrong length in set-field")                           \
  X(kBadSetArgument, "OFPBAC_BAD_SET_ARGUMENT", "bad value in set-field")                       \
  X(kBadSetMask, "OFPBAC_BAD_SET_MASK", "bad mask in set-field")                                \
  X(kBadConjunction, "NXBAC_BAD_CONJUNCTION", "conjunction mixed with other actions")           \
  X(kCtDatapathSupport, "NXBAC_CT_DATAPATH_SUPPORT", "connection tracking is not supported")    \
  X(kUnknownInstruction, "OFPBIC_UNKNOWN_INST", "unknown instruction")                          \
  X(kUnsupportedInstruction, "OFPBIC_UNSUP_INST", "instruction not supported by the table")     \
  X(kInstructionBadTable, "OFPBIC_BAD_TABLE_ID", "invalid table in a goto")                     \
  X(kUnsupportedMetadata, "OFPBIC_UNSUP_METADATA", "metadata value not supported")              \
  X(kUnsupportedMetadataMask, "OFPBIC_UNSUP_METADATA_MASK", "metadata mask not supported")      \
  X(kBadInstructionExperimenter, "OFPBIC_BAD_EXPERIMENTER", "unknown experimenter instruction") \
  X(kBadInstructionLength, "OFPBIC_BAD_LEN", "wrong instruction length")                        \
  X(kDuplicateInstruction, "OFPBIC_DUP_INST", "instruction occurs twice")                       \
  X(kBadMatchType, "OFPBMC_BAD_TYPE", "unknown match type")                                     \
  X(kBadMatchLength, "OFPBMC_BAD_LEN", "wrong match length")                                    \
  X(kBadMatchTag, "OFPBMC_BAD_TAG", "unsupported tag or encapsulation in a match")              \
  X(kBadDlAddrMask, "OFPBMC_BAD_DL_ADDR_MASK", "unsupported Ethernet address mask")             \
  X(kBadNwAddrMask, "OFPBMC_BAD_NW_ADDR_MASK", "unsupported network address mask")              \
  X(kBadWildcards, "OFPBMC_BAD_WILDCARDS", "unsupported combination of wildcards")              \
  X(kBadMatchField, "OFPBMC_BAD_FIELD", "unsupported field in a match")                         \
  X(kBadMatchValue, "OFPBMC_BAD_VALUE", "unsupported value in a match")                         \
  X(kBadMatchMask, "OFPBMC_BAD_MASK", "unsupported mask in a match")                            \
  X(kBadPrerequisite, "OFPBMC_BAD_PREREQ", "prerequisite of a field is not met")                \
  X(kDuplicateField, "OFPBMC_DUP_FIELD", "field occurs twice")                                  \
  X(kFlowModUnknown, "OFPFMFC_UNKNOWN", "flow-mod failed")                                      \
  X(kTableFull, "OFPFMFC_TABLE_FULL", "table is full")                                          \
  X(kFlowModBadTable, "OFPFMFC_BAD_TABLE_ID", "no such table")                                  \
  X(kOverlap, "OFPFMFC_OVERLAP", "overlaps a flow of the same priority")                        \
  X(kFlowModPermission, "OFPFMFC_EPERM", "not permitted")                                       \
  X(kBadTimeout, "OFPFMFC_BAD_TIMEOUT", "unsupported timeout")                                  \
  X(kBadCommand, "OFPFMFC_BAD_COMMAND", "unknown flow-mod command")                             \
  X(kBadFlags, "OFPFMFC_BAD_FLAGS", "unknown flow-mod flags")                                   \
  X(kGroupExists, "OFPGMFC_GROUP_EXISTS", "group already exists")                               \
  X(kInvalidGroup, "OFPGMFC_INVALID_GROUP", "invalid group")                                    \
  X(kOutOfGroups, "OFPGMFC_OUT_OF_GROUPS", "too many groups")                                   \
  X(kOutOfBuckets, "OFPGMFC_OUT_OF_BUCKETS", "too many buckets")                                \
  X(kChainingUnsupported, "OFPGMFC_CHAINING_UNSUPPORTED", "groups cannot be chained")           \
  X(kWatchUnsupported, "OFPGMFC_WATCH_UNSUPPORTED", "bucket watches what cannot be watched")    \
  X(kGroupLoop, "OFPGMFC_LOOP", "group would call itself")                                      \
  X(kUnknownGroup, "OFPGMFC_UNKNOWN_GROUP", "no such group")                                    \
  X(kChainedGroup, "OFPGMFC_CHAINED_GROUP", "group is used by another")                         \
  X(kBadGroupType, "OFPGMFC_BAD_TYPE", "unknown group type")                                    \
  X(kBadGroupCommand, "OFPGMFC_BAD_COMMAND", "unknown group-mod command")                       \
  X(kBadBucket, "OFPGMFC_BAD_BUCKET", "bad bucket")                                             \
  X(kBadWatch, "OFPGMFC_BAD_WATCH", "bucket watches a bad port or group")                       \
  X(kUnknownBucket, "OFPGMFC_UNKNOWN_BUCKET", "no such bucket")                                 \
  X(kBucketExists, "OFPGMFC_BUCKET_EXISTS", "bucket already exists")                            \
  X(kPortModBadPort, "OFPPMFC_BAD_PORT", "no such port")                                        \
  X(kPortModBadHardwareAddress, "OFPPMFC_BAD_HW_ADDR", "hardware address is not the port's")    \
  X(kPortModBadConfig, "OFPPMFC_BAD_CONFIG", "port configuration not supported")                \
  X(kPortModBadAdvertise, "OFPPMFC_BAD_ADVERTISE", "advertised features not supported")         \
  X(kPortModPermission, "OFPPMFC_EPERM", "not permitted")                                       \
  X(kTableModBadTable, "OFPTMFC_BAD_TABLE", "no such table")                                    \
  X(kTableModBadConfig, "OFPTMFC_BAD_CONFIG", "table configuration not supported")              \
  X(kQueueBadPort, "OFPQOFC_BAD_PORT", "no such port")                                          \
  X(kQueueBadQueue, "OFPQOFC_BAD_QUEUE", "no such queue")                                       \
  X(kSwitchConfigBadFlags, "OFPSCFC_BAD_FLAGS", "unknown switch configuration flags")           \
  X(kSwitchConfigBadLength, "OFPSCFC_BAD_LEN", "unsupported miss_send_len")                     \
  X(kRoleStale, "OFPRRFC_STALE", "stale generation id")                                         \
  X(kRoleUnsupported, "OFPRRFC_UNSUP", "role change not supported")                             \
  X(kRoleBad, "OFPRRFC_BAD_ROLE", "invalid role")                                               \
  X(kMeterExists, "OFPMMFC_METER_EXISTS", "meter already exists")                               \
  X(kInvalidMeter, "OFPMMFC_INVALID_METER", "invalid meter")                                    \
  X(kUnknownMeter, "OFPMMFC_UNKNOWN_METER", "no such meter")                                    \
  X(kBadMeterCommand, "OFPMMFC_BAD_COMMAND", "unknown meter-mod command")                       \
  X(kBadMeterFlags, "OFPMMFC_BAD_FLAGS", "meter flags not supported")                           \
  X(kBadMeterRate, "OFPMMFC_BAD_RATE", "meter rate not supported")                              \
  X(kBadMeterBurst, "OFPMMFC_BAD_BURST", "meter burst not supported")                           \
  X(kBadMeterBand, "OFPMMFC_BAD_BAND", "meter band not supported")                              \
  X(kBadMeterBandValue, "OFPMMFC_BAD_BAND_VALUE", "meter band value not supported")             \
  X(kOutOfMeters, "OFPMMFC_OUT_OF_METERS", "too many meters")                                   \
  X(kOutOfBands, "OFPMMFC_OUT_OF_BANDS", "too many meter bands")                                \
  X(kTableFeaturesBadTable, "OFPTFFC_BAD_TABLE", "no such table")                               \
  X(kTableFeaturesPermission, "OFPTFFC_EPERM", "table features cannot be changed")              \
  X(kBadPropertyType, "OFPBPC_BAD_TYPE", "unknown property")                                    \
  X(kBadPropertyLength, "OFPBPC_BAD_LEN", "wrong property length")                              \
  X(kBadPropertyValue, "OFPBPC_BAD_VALUE", "bad property value")                                \
  X(kAsyncInvalid, "OFPACFC_INVALID", "invalid asynchronous configuration")                     \
  X(kAsyncUnsupported, "OFPACFC_UNSUPPORTED", "asynchronous configuration not supported")       \
  X(kMonitorUnknown, "OFPMOFC_UNKNOWN_MONITOR", "no such flow monitor")                         \
  X(kMonitorExists, "OFPMOFC_MONITOR_EXISTS", "flow monitor already exists")                    \
  X(kMonitorBadCommand, "OFPMOFC_BAD_COMMAND", "unknown flow monitor command")                  \
  X(kMonitorBadFlags, "OFPMOFC_BAD_FLAGS", "flow monitor flags not supported")                  \
  X(kBundleUnknown, "OFPBFC_UNKNOWN", "bundle operation failed")                                \
  X(kBundlePermission, "OFPBFC_EPERM", "not permitted")                                         \
  X(kBundleBadId, "OFPBFC_BAD_ID", "no such bundle")                                            \
  X(kBundleExists, "OFPBFC_BUNDLE_EXIST", "bundle already exists")                              \
  X(kBundleClosed, "OFPBFC_BUNDLE_CLOSED", "bundle is closed")                                  \
  X(kOutOfBundles, "OFPBFC_OUT_OF_BUNDLES", "too many bundles")                                 \
  X(kBundleBadType, "OFPBFC_BAD_TYPE", "unknown bundle control type")                           \
  X(kBundleBadFlags, "OFPBFC_BAD_FLAGS", "unknown or differing bundle flags")                   \
  X(kBundleMessageBadLength, "OFPBFC_MSG_BAD_LEN", "wrong length of a bundled message")         \
  X(kBundleMessageBadXid, "OFPBFC_MSG_BAD_XID", "transaction id of a bundled message differs")  \
  X(kBundleMessageUnsupported, "OFPBFC_MSG_UNSUP", "message cannot be bundled")                 \
  X(kBundleMessageConflict, "OFPBFC_MSG_CONFLICT", "bundled messages cannot be combined")       \
  X(kBundleMessageTooMany, "OFPBFC_MSG_TOO_MANY", "too many messages in the bundle")            \
  X(kBundleMessageFailed, "OFPBFC_MSG_FAILED", "a bundled message failed")                      \
  X(kBundleTimeout, "OFPBFC_TIMEOUT", "bundle took too long")

enum class OfErrorId : uint8_t {
#define VSW_OF_ERROR_ENUM(id, name, meaning) id,
  VSW_OF_ERRORS(VSW_OF_ERROR_ENUM)
#undef VSW_OF_ERROR_ENUM
      kCount
};

/// "OFPBMC_BAD_FIELD".
std::string_view OfErrorName(OfErrorId id);
/// "unsupported field in a match".
std::string_view OfErrorMeaning(OfErrorId id);

/// Success, or what is wrong and, for people, where.
class [[nodiscard]] OfStatus {
 public:
  OfStatus() = default;
  OfStatus(OfErrorId id) : id_(id) {}  // NOLINT: an error is a status
  OfStatus(OfErrorId id, std::string detail) : id_(id), detail_(std::move(detail)) {}

  bool ok() const { return !id_.has_value(); }
  /// REQUIRES: !ok().
  OfErrorId id() const { return *id_; }
  const std::string& detail() const { return detail_; }
  /// "OFPBMC_BAD_FIELD (unsupported field in a match): DETAIL"; "ok".
  std::string ToString() const;

 private:
  std::optional<OfErrorId> id_;
  std::string detail_;
};

/// A value, or the OfStatus that says why there is none.
template <typename T>
class [[nodiscard]] OfResult {
 public:
  OfResult(T value) : value_(std::move(value)) {}            // NOLINT: as absl::StatusOr
  OfResult(OfStatus status) : status_(std::move(status)) {}  // NOLINT
  OfResult(OfErrorId id) : status_(id) {}                    // NOLINT
  bool ok() const { return value_.has_value(); }
  const OfStatus& status() const { return status_; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  OfStatus status_;
};

}  // namespace vsw

/// Leaves the calling function with the status if it is an error.
#define VSW_OF_RETURN_IF_ERROR(expression)                                   \
  do {                                                                       \
    if (::vsw::OfStatus vsw_of_status_ = (expression); !vsw_of_status_.ok()) \
      return vsw_of_status_;                                                 \
  } while (false)

#endif  // VSW_OFPROTO_ERROR_H_
