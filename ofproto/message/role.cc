// SPDX-License-Identifier: Apache-2.0
//
// Roles of controllers (1.3 section 7.3.9, 1.4 section 7.4.4, Nicira's NXT_ROLE_REQUEST).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

constexpr uint32_t kNxtRoleReply = 11;
constexpr uint64_t kNoGeneration = ~uint64_t{0};

// Nicira's numbers are one lower: other, master, slave; there is no "no change".
constexpr uint32_t kNiciraRoleOffset = 1;

}  // namespace

OfStatus DecodeRole(const DecodeContext&, Reader* in, Request* out) {
  msg::RoleRequest request{};
  const uint32_t role = in->U32();
  if (role > static_cast<uint32_t>(msg::Role::kSlave)) {
    return {OfErrorId::kRoleBad, "role " + std::to_string(role)};
  }
  in->Skip(4);
  request.role = static_cast<msg::Role>(role);
  request.generation = in->U64();
  // Only those who want to be one of the pair take part in the election.
  request.has_generation = request.role == msg::Role::kMaster || request.role == msg::Role::kSlave;
  out->body = request;
  return {};
}

OfStatus DecodeNxRole(const DecodeContext&, Reader* in, Request* out) {
  msg::RoleRequest request{};
  const uint32_t role = in->U32();
  if (role > static_cast<uint32_t>(msg::Role::kSlave) - kNiciraRoleOffset) {
    return {OfErrorId::kRoleBad, "role " + std::to_string(role)};
  }
  request.role = static_cast<msg::Role>(role + kNiciraRoleOffset);
  request.has_generation = false;
  request.nicira = true;
  out->body = request;
  return {};
}

Bytes EncodeRoleReply(OfVersion version, uint32_t xid, const msg::RoleRequest& role) {
  const uint32_t number = static_cast<uint32_t>(role.role);
  if (role.nicira || version < OfVersion::k12) {
    OutMessage out(version, kNiciraId, kNxtRoleReply, xid);
    out.U32(number - kNiciraRoleOffset);
    return out.Finish();
  }
  OutMessage out(version, of_type::kRoleReply, xid);
  out.U32(number);
  out.Zeros(4);
  out.U64(role.has_generation ? role.generation : kNoGeneration);
  return out.Finish();
}

Bytes EncodeRoleStatus(OfVersion version, msg::Role role, RoleStatusReason reason,
                       uint64_t generation) {
  if (version < OfVersion::k14) return {};
  OutMessage out(version, of_type::kRoleStatus, 0);
  out.U32(static_cast<uint32_t>(role));
  out.U8(static_cast<uint8_t>(reason));
  out.Zeros(3);
  out.U64(generation);
  return out.Finish();
}

}  // namespace vsw
