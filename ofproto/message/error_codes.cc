// SPDX-License-Identifier: Apache-2.0
//
// Sources: OpenFlow 1.0 section 5.4.4, 1.3 section 7.4.4, 1.4 section 7.5.4, 1.5 section 7.5.4; ONF
// extensions 186, 187, 230, 236, 264 for 1.3; Nicira's NXET_VENDOR errors.
#include "ofproto/message/error_codes.h"

#include <array>

namespace vsw {
namespace {

using enum OfVersion;
using enum ErrorSpace;

struct CodeRow {
  OfErrorId id;
  OfVersion first, last;
  ErrorSpace space;
  uint16_t type, code;
};
constexpr CodeRow kRows[] = {
    {OfErrorId::kHelloIncompatible, k10, k15, kStandard, 0, 0},
    {OfErrorId::kHelloPerm, k10, k15, kStandard, 0, 1},
    {OfErrorId::kBadVersion, k10, k15, kStandard, 1, 0},
    {OfErrorId::kBadType, k10, k15, kStandard, 1, 1},
    {OfErrorId::kBadMultipart, k10, k15, kStandard, 1, 2},
    {OfErrorId::kBadExperimenter, k10, k15, kStandard, 1, 3},
    {OfErrorId::kBadExpType, k10, k15, kStandard, 1, 4},
    {OfErrorId::kPermission, k10, k15, kStandard, 1, 5},
    {OfErrorId::kBadLength, k10, k15, kStandard, 1, 6},
    {OfErrorId::kBufferEmpty, k10, k15, kStandard, 1, 7},
    {OfErrorId::kBufferUnknown, k10, k15, kStandard, 1, 8},
    {OfErrorId::kBadTableId, k10, k10, kNicira, 1, 512},
    {OfErrorId::kBadTableId, k11, k15, kStandard, 1, 9},
    {OfErrorId::kIsSlave, k12, k15, kStandard, 1, 10},
    {OfErrorId::kBadRequestPort, k10, k11, kNicira, 1, 514},
    {OfErrorId::kBadRequestPort, k12, k15, kStandard, 1, 11},
    {OfErrorId::kBadPacket, k12, k15, kStandard, 1, 12},
    {OfErrorId::kMultipartOverflow, k13, k15, kStandard, 1, 13},
    {OfErrorId::kMultipartTimeout, k13, k13, kOnf, 0, 2640},
    {OfErrorId::kMultipartTimeout, k14, k15, kStandard, 1, 14},
    {OfErrorId::kPipelineFieldsOnly, k15, k15, kStandard, 1, 17},
    {OfErrorId::kNxmInvalid, k10, k11, kNicira, 1, 256},
    {OfErrorId::kNxmInvalid, k12, k15, kNicira, 0, 2},
    {OfErrorId::kMustBeZero, k10, k11, kNicira, 1, 515},
    {OfErrorId::kMustBeZero, k12, k15, kNicira, 0, 4},
    {OfErrorId::kBadReason, k10, k11, kNicira, 1, 516},
    {OfErrorId::kBadReason, k12, k15, kNicira, 0, 5},
    {OfErrorId::kFmBadEvent, k10, k11, kNicira, 1, 520},
    {OfErrorId::kFmBadEvent, k12, k15, kNicira, 0, 9},
    {OfErrorId::kTlvBadCommand, k10, k11, kNicira, 1, 527},
    {OfErrorId::kTlvBadCommand, k12, k15, kNicira, 0, 16},
    {OfErrorId::kTlvBadOptionLength, k10, k11, kNicira, 1, 528},
    {OfErrorId::kTlvBadOptionLength, k12, k15, kNicira, 0, 17},
    {OfErrorId::kTlvBadFieldIndex, k10, k11, kNicira, 1, 529},
    {OfErrorId::kTlvBadFieldIndex, k12, k15, kNicira, 0, 18},
    {OfErrorId::kTlvAlreadyMapped, k10, k11, kNicira, 1, 531},
    {OfErrorId::kTlvAlreadyMapped, k12, k15, kNicira, 0, 20},
    {OfErrorId::kTlvDuplicateEntry, k10, k11, kNicira, 1, 532},
    {OfErrorId::kTlvDuplicateEntry, k12, k15, kNicira, 0, 21},
    {OfErrorId::kTlvInUse, k10, k11, kNicira, 1, 537},
    {OfErrorId::kTlvInUse, k12, k15, kNicira, 0, 38},
    {OfErrorId::kInvalidTlvField, k10, k11, kNicira, 1, 536},
    {OfErrorId::kInvalidTlvField, k12, k15, kNicira, 0, 37},
    {OfErrorId::kBadActionType, k10, k15, kStandard, 2, 0},
    {OfErrorId::kBadActionLength, k10, k15, kStandard, 2, 1},
    {OfErrorId::kBadActionExperimenter, k10, k15, kStandard, 2, 2},
    {OfErrorId::kBadActionExpType, k10, k15, kStandard, 2, 3},
    {OfErrorId::kBadOutPort, k10, k15, kStandard, 2, 4},
    {OfErrorId::kBadArgument, k10, k15, kStandard, 2, 5},
    {OfErrorId::kActionPermission, k10, k15, kStandard, 2, 6},
    {OfErrorId::kTooManyActions, k10, k15, kStandard, 2, 7},
    {OfErrorId::kBadQueue, k10, k15, kStandard, 2, 8},
    {OfErrorId::kBadOutGroup, k10, k10, kNicira, 2, 9},
    {OfErrorId::kBadOutGroup, k11, k15, kStandard, 2, 9},
    {OfErrorId::kMatchInconsistent, k10, k10, kNicira, 1, 522},
    {OfErrorId::kMatchInconsistent, k11, k15, kStandard, 2, 10},
    {OfErrorId::kUnsupportedOrder, k11, k15, kStandard, 2, 11},
    {OfErrorId::kBadTag, k11, k15, kStandard, 2, 12},
    {OfErrorId::kBadSetType, k10, k11, kNicira, 1, 523},
    {OfErrorId::kBadSetType, k12, k15, kStandard, 2, 13},
    {OfErrorId::kBadSetLength, k10, k11, kNicira, 1, 524},
    {OfErrorId::kBadSetLength, k12, k15, kStandard, 2, 14},
    {OfErrorId::kBadSetArgument, k10, k11, kNicira, 1, 525},
    {OfErrorId::kBadSetArgument, k12, k15, kStandard, 2, 15},
    {OfErrorId::kBadSetMask, k15, k15, kStandard, 2, 16},
    {OfErrorId::kBadConjunction, k10, k11, kNicira, 2, 526},
    {OfErrorId::kBadConjunction, k12, k15, kNicira, 0, 15},
    {OfErrorId::kCtDatapathSupport, k10, k11, kNicira, 1, 265},
    {OfErrorId::kCtDatapathSupport, k12, k15, kNicira, 0, 42},
    {OfErrorId::kUnknownInstruction, k11, k15, kStandard, 3, 0},
    {OfErrorId::kUnsupportedInstruction, k10, k10, kNicira, 2, 257},
    {OfErrorId::kUnsupportedInstruction, k11, k15, kStandard, 3, 1},
    {OfErrorId::kInstructionBadTable, k11, k15, kStandard, 3, 2},
    {OfErrorId::kUnsupportedMetadata, k11, k15, kStandard, 3, 3},
    {OfErrorId::kUnsupportedMetadataMask, k11, k15, kStandard, 3, 4},
    {OfErrorId::kBadInstructionExperimenter, k11, k15, kStandard, 3, 5},
    {OfErrorId::kBadInstructionLength, k12, k15, kStandard, 3, 7},
    {OfErrorId::kDuplicateInstruction, k11, k11, kNicira, 3, 256},
    {OfErrorId::kDuplicateInstruction, k12, k13, kOnf, 0, 2600},
    {OfErrorId::kDuplicateInstruction, k14, k15, kStandard, 3, 9},
    {OfErrorId::kBadMatchType, k11, k15, kStandard, 4, 0},
    {OfErrorId::kBadMatchLength, k11, k15, kStandard, 4, 1},
    {OfErrorId::kBadMatchTag, k11, k15, kStandard, 4, 2},
    {OfErrorId::kBadDlAddrMask, k11, k15, kStandard, 4, 3},
    {OfErrorId::kBadNwAddrMask, k11, k15, kStandard, 4, 4},
    {OfErrorId::kBadWildcards, k10, k10, kNicira, 1, 262},
    {OfErrorId::kBadWildcards, k11, k15, kStandard, 4, 5},
    {OfErrorId::kBadMatchField, k10, k10, kNicira, 0, 263},
    {OfErrorId::kBadMatchField, k11, k15, kStandard, 4, 6},
    {OfErrorId::kBadMatchValue, k10, k10, kNicira, 1, 258},
    {OfErrorId::kBadMatchValue, k11, k15, kStandard, 4, 7},
    {OfErrorId::kBadMatchMask, k10, k11, kNicira, 1, 259},
    {OfErrorId::kBadMatchMask, k12, k15, kStandard, 4, 8},
    {OfErrorId::kBadPrerequisite, k10, k11, kNicira, 1, 260},
    {OfErrorId::kBadPrerequisite, k12, k15, kStandard, 4, 9},
    {OfErrorId::kDuplicateField, k10, k11, kNicira, 1, 261},
    {OfErrorId::kDuplicateField, k12, k15, kStandard, 4, 10},
    {OfErrorId::kFlowModUnknown, k11, k15, kStandard, 5, 0},
    {OfErrorId::kTableFull, k10, k10, kStandard, 3, 0},
    {OfErrorId::kTableFull, k11, k15, kStandard, 5, 1},
    {OfErrorId::kFlowModBadTable, k11, k15, kStandard, 5, 2},
    {OfErrorId::kOverlap, k10, k10, kStandard, 3, 1},
    {OfErrorId::kOverlap, k11, k15, kStandard, 5, 3},
    {OfErrorId::kFlowModPermission, k10, k10, kStandard, 3, 2},
    {OfErrorId::kFlowModPermission, k11, k15, kStandard, 5, 4},
    {OfErrorId::kBadTimeout, k10, k10, kStandard, 3, 3},  // of emergency flows
    {OfErrorId::kBadTimeout, k11, k15, kStandard, 5, 5},
    {OfErrorId::kBadCommand, k10, k10, kStandard, 3, 4},
    {OfErrorId::kBadCommand, k11, k15, kStandard, 5, 6},
    {OfErrorId::kBadFlags, k10, k10, kNicira, 3, 258},
    {OfErrorId::kBadFlags, k11, k11, kNicira, 5, 258},
    {OfErrorId::kBadFlags, k12, k15, kStandard, 5, 7},
    {OfErrorId::kGroupExists, k10, k10, kNicira, 6, 0},
    {OfErrorId::kGroupExists, k11, k15, kStandard, 6, 0},
    {OfErrorId::kInvalidGroup, k10, k10, kNicira, 6, 1},
    {OfErrorId::kInvalidGroup, k11, k15, kStandard, 6, 1},
    {OfErrorId::kOutOfGroups, k10, k10, kNicira, 6, 3},
    {OfErrorId::kOutOfGroups, k11, k15, kStandard, 6, 3},
    {OfErrorId::kOutOfBuckets, k10, k10, kNicira, 6, 4},
    {OfErrorId::kOutOfBuckets, k11, k15, kStandard, 6, 4},
    {OfErrorId::kChainingUnsupported, k10, k10, kNicira, 6, 5},
    {OfErrorId::kChainingUnsupported, k11, k15, kStandard, 6, 5},
    {OfErrorId::kWatchUnsupported, k10, k10, kNicira, 6, 6},
    {OfErrorId::kWatchUnsupported, k11, k15, kStandard, 6, 6},
    {OfErrorId::kGroupLoop, k10, k10, kNicira, 6, 7},
    {OfErrorId::kGroupLoop, k11, k15, kStandard, 6, 7},
    {OfErrorId::kUnknownGroup, k10, k10, kNicira, 6, 8},
    {OfErrorId::kUnknownGroup, k11, k15, kStandard, 6, 8},
    {OfErrorId::kChainedGroup, k10, k10, kNicira, 6, 9},
    {OfErrorId::kChainedGroup, k12, k15, kStandard, 6, 9},
    {OfErrorId::kBadGroupType, k10, k10, kNicira, 6, 10},
    {OfErrorId::kBadGroupType, k12, k15, kStandard, 6, 10},
    {OfErrorId::kBadGroupCommand, k10, k10, kNicira, 6, 11},
    {OfErrorId::kBadGroupCommand, k12, k15, kStandard, 6, 11},
    {OfErrorId::kBadBucket, k10, k10, kNicira, 6, 12},
    {OfErrorId::kBadBucket, k12, k15, kStandard, 6, 12},
    {OfErrorId::kBadWatch, k10, k10, kNicira, 6, 13},
    {OfErrorId::kBadWatch, k12, k15, kStandard, 6, 13},
    {OfErrorId::kUnknownBucket, k10, k10, kNicira, 6, 15},
    {OfErrorId::kUnknownBucket, k15, k15, kStandard, 6, 15},
    {OfErrorId::kBucketExists, k10, k10, kNicira, 6, 16},
    {OfErrorId::kBucketExists, k15, k15, kStandard, 6, 16},
    {OfErrorId::kPortModBadPort, k10, k10, kStandard, 4, 0},
    {OfErrorId::kPortModBadPort, k11, k15, kStandard, 7, 0},
    {OfErrorId::kPortModBadHardwareAddress, k10, k10, kStandard, 4, 1},
    {OfErrorId::kPortModBadHardwareAddress, k11, k15, kStandard, 7, 1},
    {OfErrorId::kPortModBadConfig, k11, k15, kStandard, 7, 2},
    {OfErrorId::kPortModBadAdvertise, k11, k15, kStandard, 7, 3},
    {OfErrorId::kPortModPermission, k12, k15, kStandard, 7, 4},
    {OfErrorId::kTableModBadTable, k11, k15, kStandard, 8, 0},
    {OfErrorId::kTableModBadConfig, k11, k15, kStandard, 8, 1},
    {OfErrorId::kQueueBadPort, k10, k10, kStandard, 5, 0},
    {OfErrorId::kQueueBadPort, k11, k15, kStandard, 9, 0},
    {OfErrorId::kQueueBadQueue, k10, k10, kStandard, 5, 1},
    {OfErrorId::kQueueBadQueue, k11, k15, kStandard, 9, 1},
    {OfErrorId::kSwitchConfigBadFlags, k11, k15, kStandard, 10, 0},
    {OfErrorId::kSwitchConfigBadLength, k11, k15, kStandard, 10, 1},
    {OfErrorId::kRoleStale, k12, k15, kStandard, 11, 0},
    {OfErrorId::kRoleUnsupported, k12, k15, kStandard, 11, 1},
    {OfErrorId::kRoleBad, k10, k11, kNicira, 1, 513},
    {OfErrorId::kRoleBad, k12, k15, kStandard, 11, 2},
    {OfErrorId::kMeterExists, k13, k15, kStandard, 12, 1},
    {OfErrorId::kInvalidMeter, k13, k15, kStandard, 12, 2},
    {OfErrorId::kUnknownMeter, k13, k15, kStandard, 12, 3},
    {OfErrorId::kBadMeterCommand, k13, k15, kStandard, 12, 4},
    {OfErrorId::kBadMeterFlags, k13, k15, kStandard, 12, 5},
    {OfErrorId::kBadMeterRate, k13, k15, kStandard, 12, 6},
    {OfErrorId::kBadMeterBurst, k13, k15, kStandard, 12, 7},
    {OfErrorId::kBadMeterBand, k13, k15, kStandard, 12, 8},
    {OfErrorId::kBadMeterBandValue, k13, k15, kStandard, 12, 9},
    {OfErrorId::kOutOfMeters, k13, k15, kStandard, 12, 10},
    {OfErrorId::kOutOfBands, k13, k15, kStandard, 12, 11},
    {OfErrorId::kTableFeaturesBadTable, k13, k15, kStandard, 13, 0},
    {OfErrorId::kTableFeaturesPermission, k13, k15, kStandard, 13, 5},
    {OfErrorId::kBadPropertyType, k10, k11, kNicira, 13, 2},
    {OfErrorId::kBadPropertyType, k12, k12, kNicira, 0, 25},
    {OfErrorId::kBadPropertyType, k13, k13, kStandard, 13, 2},
    {OfErrorId::kBadPropertyType, k14, k15, kStandard, 14, 0},
    {OfErrorId::kBadPropertyLength, k10, k11, kNicira, 13, 3},
    {OfErrorId::kBadPropertyLength, k12, k12, kNicira, 0, 26},
    {OfErrorId::kBadPropertyLength, k13, k13, kStandard, 13, 3},
    {OfErrorId::kBadPropertyLength, k14, k15, kStandard, 14, 1},
    {OfErrorId::kBadPropertyValue, k10, k11, kNicira, 13, 4},
    {OfErrorId::kBadPropertyValue, k12, k12, kNicira, 0, 27},
    {OfErrorId::kBadPropertyValue, k13, k13, kStandard, 13, 4},
    {OfErrorId::kBadPropertyValue, k14, k15, kStandard, 14, 2},
    {OfErrorId::kAsyncInvalid, k13, k13, kOnf, 0, 2370},
    {OfErrorId::kAsyncInvalid, k14, k15, kStandard, 15, 0},
    {OfErrorId::kAsyncUnsupported, k13, k13, kOnf, 0, 2371},
    {OfErrorId::kAsyncUnsupported, k14, k15, kStandard, 15, 1},
    {OfErrorId::kMonitorUnknown, k10, k11, kNicira, 1, 519},
    {OfErrorId::kMonitorUnknown, k12, k13, kNicira, 0, 8},
    {OfErrorId::kMonitorUnknown, k14, k15, kStandard, 16, 3},
    {OfErrorId::kMonitorExists, k10, k11, kNicira, 1, 517},
    {OfErrorId::kMonitorExists, k12, k13, kNicira, 0, 6},
    {OfErrorId::kMonitorExists, k14, k15, kStandard, 16, 1},
    {OfErrorId::kMonitorBadCommand, k14, k15, kStandard, 16, 4},
    {OfErrorId::kMonitorBadFlags, k10, k11, kNicira, 1, 518},
    {OfErrorId::kMonitorBadFlags, k12, k13, kNicira, 0, 7},
    {OfErrorId::kMonitorBadFlags, k14, k15, kStandard, 16, 5},
    {OfErrorId::kBundleUnknown, k13, k13, kOnf, 0, 2300},
    {OfErrorId::kBundleUnknown, k14, k15, kStandard, 17, 0},
    {OfErrorId::kBundlePermission, k13, k13, kOnf, 0, 2301},
    {OfErrorId::kBundlePermission, k14, k15, kStandard, 17, 1},
    {OfErrorId::kBundleBadId, k13, k13, kOnf, 0, 2302},
    {OfErrorId::kBundleBadId, k14, k15, kStandard, 17, 2},
    {OfErrorId::kBundleExists, k13, k13, kOnf, 0, 2303},
    {OfErrorId::kBundleExists, k14, k15, kStandard, 17, 3},
    {OfErrorId::kBundleClosed, k13, k13, kOnf, 0, 2304},
    {OfErrorId::kBundleClosed, k14, k15, kStandard, 17, 4},
    {OfErrorId::kOutOfBundles, k13, k13, kOnf, 0, 2305},
    {OfErrorId::kOutOfBundles, k14, k15, kStandard, 17, 5},
    {OfErrorId::kBundleBadType, k13, k13, kOnf, 0, 2306},
    {OfErrorId::kBundleBadType, k14, k15, kStandard, 17, 6},
    {OfErrorId::kBundleBadFlags, k13, k13, kOnf, 0, 2307},
    {OfErrorId::kBundleBadFlags, k14, k15, kStandard, 17, 7},
    {OfErrorId::kBundleMessageBadLength, k13, k13, kOnf, 0, 2308},
    {OfErrorId::kBundleMessageBadLength, k14, k15, kStandard, 17, 8},
    {OfErrorId::kBundleMessageBadXid, k13, k13, kOnf, 0, 2309},
    {OfErrorId::kBundleMessageBadXid, k14, k15, kStandard, 17, 9},
    {OfErrorId::kBundleMessageUnsupported, k13, k13, kOnf, 0, 2310},
    {OfErrorId::kBundleMessageUnsupported, k14, k15, kStandard, 17, 10},
    {OfErrorId::kBundleMessageConflict, k13, k13, kOnf, 0, 2311},
    {OfErrorId::kBundleMessageConflict, k14, k15, kStandard, 17, 11},
    {OfErrorId::kBundleMessageTooMany, k13, k13, kOnf, 0, 2312},
    {OfErrorId::kBundleMessageTooMany, k14, k15, kStandard, 17, 12},
    {OfErrorId::kBundleMessageFailed, k13, k13, kOnf, 0, 2313},
    {OfErrorId::kBundleMessageFailed, k14, k15, kStandard, 17, 13},
    {OfErrorId::kBundleTimeout, k13, k13, kOnf, 0, 2314},
    {OfErrorId::kBundleTimeout, k14, k15, kStandard, 17, 14},
};

// What stands in where a version has no number for an error.
struct Substitute {
  OfErrorId id, nearest;
};
constexpr Substitute kSubstitutes[] = {
    {OfErrorId::kIsSlave, OfErrorId::kPermission},
    {OfErrorId::kBadPacket, OfErrorId::kBadLength},
    {OfErrorId::kMultipartOverflow, OfErrorId::kBadLength},
    {OfErrorId::kMultipartTimeout, OfErrorId::kBadLength},
    {OfErrorId::kPipelineFieldsOnly, OfErrorId::kBadMatchField},
    {OfErrorId::kUnsupportedOrder, OfErrorId::kBadArgument},
    {OfErrorId::kBadTag, OfErrorId::kBadArgument},
    {OfErrorId::kBadSetMask, OfErrorId::kBadSetArgument},
    {OfErrorId::kUnknownInstruction, OfErrorId::kUnsupportedInstruction},
    {OfErrorId::kInstructionBadTable, OfErrorId::kBadTableId},
    {OfErrorId::kUnsupportedMetadata, OfErrorId::kBadArgument},
    {OfErrorId::kUnsupportedMetadataMask, OfErrorId::kBadArgument},
    {OfErrorId::kBadInstructionExperimenter, OfErrorId::kBadActionExperimenter},
    {OfErrorId::kBadInstructionLength, OfErrorId::kBadActionLength},
    {OfErrorId::kDuplicateInstruction, OfErrorId::kUnsupportedInstruction},
    {OfErrorId::kBadMatchType, OfErrorId::kBadLength},
    {OfErrorId::kBadMatchLength, OfErrorId::kBadLength},
    {OfErrorId::kBadMatchTag, OfErrorId::kBadMatchValue},
    {OfErrorId::kBadDlAddrMask, OfErrorId::kBadMatchMask},
    {OfErrorId::kBadNwAddrMask, OfErrorId::kBadMatchMask},
    {OfErrorId::kFlowModUnknown, OfErrorId::kFlowModPermission},
    {OfErrorId::kFlowModBadTable, OfErrorId::kBadTableId},
    {OfErrorId::kChainedGroup, OfErrorId::kInvalidGroup},
    {OfErrorId::kBadGroupType, OfErrorId::kInvalidGroup},
    {OfErrorId::kBadGroupCommand, OfErrorId::kInvalidGroup},
    {OfErrorId::kBadBucket, OfErrorId::kInvalidGroup},
    {OfErrorId::kBadWatch, OfErrorId::kInvalidGroup},
    {OfErrorId::kUnknownBucket, OfErrorId::kBadBucket},
    {OfErrorId::kBucketExists, OfErrorId::kBadBucket},
    {OfErrorId::kPortModBadConfig, OfErrorId::kPermission},
    {OfErrorId::kPortModBadAdvertise, OfErrorId::kPermission},
    {OfErrorId::kPortModPermission, OfErrorId::kPermission},
    {OfErrorId::kTableModBadTable, OfErrorId::kBadTableId},
    {OfErrorId::kSwitchConfigBadFlags, OfErrorId::kPermission},
    {OfErrorId::kSwitchConfigBadLength, OfErrorId::kBadLength},
    {OfErrorId::kRoleStale, OfErrorId::kPermission},
    {OfErrorId::kRoleUnsupported, OfErrorId::kPermission},
};

constexpr ErrorCode FindCode(OfVersion version, OfErrorId id) {
  for (const CodeRow& row : kRows) {
    if (row.id == id && row.first <= version && version <= row.last) {
      return {row.space, row.type, row.code};
    }
  }
  return {};
}

constexpr ErrorCode FindNearest(OfVersion version, OfErrorId id) {
  for (int steps = 0; steps < 3; ++steps) {
    if (const ErrorCode code = FindCode(version, id); code.space != kNone) return code;
    for (const Substitute& substitute : kSubstitutes) {
      if (substitute.id == id) {
        id = substitute.nearest;
        break;
      }
    }
  }
  // NXBRC_UNENCODABLE_ERROR: there is an error for which this version has no words.
  return version <= k11 ? ErrorCode{kNicira, 1, 521} : ErrorCode{kNicira, 0, 10};
}

constexpr size_t kIds = static_cast<size_t>(OfErrorId::kCount);
constexpr size_t kVersions = 6;
using CodeTable = std::array<std::array<ErrorCode, kIds>, kVersions>;

// Filled once: a peer that makes errors as fast as it can should not cost a search for each.
CodeTable MakeTable() {
  CodeTable table;
  for (size_t version = 0; version < kVersions; ++version) {
    for (size_t id = 0; id < kIds; ++id) {
      table[version][id] =
          FindNearest(static_cast<OfVersion>(version + 1), static_cast<OfErrorId>(id));
    }
  }
  return table;
}

}  // namespace

ErrorCode CodeOfError(OfVersion version, OfErrorId id) {
  static const CodeTable table = MakeTable();
  return table[static_cast<size_t>(version) - 1][static_cast<size_t>(id)];
}

}  // namespace vsw
