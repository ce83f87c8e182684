// SPDX-License-Identifier: Apache-2.0
//
// Flow-mods (1.0 section 5.3.3, 1.3 section 7.3.4.1, Nicira's NXT_FLOW_MOD).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/flow_parts.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;
using Command = FlowMod::Command;

constexpr uint16_t kEmergency10 = 4;  // 1.0's OFPFF_EMERG
constexpr uint64_t kNoCookie = ~uint64_t{0};

bool IsDelete(Command command) {
  return command == Command::kDelete || command == Command::kDeleteStrict;
}
bool IsModify(Command command) {
  return command == Command::kModify || command == Command::kModifyStrict;
}

OfStatus ReadCommand(uint32_t wire, FlowMod* mod) {
  if (wire > static_cast<uint32_t>(Command::kDeleteStrict)) return OfErrorId::kBadCommand;
  mod->command = static_cast<Command>(wire);
  return {};
}

// 1.0 has no tables in its flow-mods; by the Nicira extension the command's upper byte is one.
OfStatus ReadCommandAndTable10(const Dialect& dialect, uint16_t wire, FlowMod* mod) {
  mod->table = kTableAll;
  if (!dialect.flow_mod_table_id) return ReadCommand(wire, mod);
  mod->table = static_cast<uint8_t>(wire >> 8);
  return ReadCommand(wire & 0xff, mod);
}

// In 1.0 and NXM the cookie of a modify is the flows' new one, unless it is all ones.
void SetNewCookie(uint64_t cookie, FlowMod* mod) {
  mod->cookie = cookie;
  mod->set_cookie =
      mod->command == Command::kAdd || (IsModify(mod->command) && cookie != kNoCookie);
}

OfStatus ReadOutPort10(uint16_t wire, FlowMod* mod) {
  const OfResult<uint32_t> port = PortFrom10(wire);
  if (!port.ok()) return port.status();
  if (IsDelete(mod->command)) mod->out_port = *port;
  return {};
}

OfStatus ReadFlags10(uint16_t wire, FlowMod* mod) {
  // Emergency flows are not kept; their timeouts must be zero for that to be the reason.
  if ((wire & kEmergency10) != 0) {
    return mod->idle_timeout != 0 || mod->hard_timeout != 0 ? OfErrorId::kBadTimeout
                                                            : OfErrorId::kTableFull;
  }
  const OfResult<uint16_t> flags = DecodeFlowFlags(k10, mod->command, wire);
  if (!flags.ok()) return flags.status();
  mod->flags = *flags;
  return {};
}

// Cookie and mask of 1.1 on: an add's cookie is the new flow's; others are matched against.
void SetCookies11(OfVersion version, uint64_t cookie, uint64_t mask, FlowMod* mod) {
  if (mod->command == Command::kAdd) {
    mod->cookie = cookie;
    return;
  }
  mod->set_cookie = false;
  if (version == k11 && IsModify(mod->command) && mask == 0) {
    // 1.1's modify adds a flow if there is none, with this cookie.
    mod->cookie = cookie;
    return;
  }
  mod->cookie = kNoCookie;
  mod->cookie_mask = mask;
  mod->match_cookie = cookie & mask;
}

}  // namespace

OfStatus DecodeFlowMod10(const DecodeContext& context, Reader* in, Request* out) {
  FlowMod mod;
  const OfResult<Match> match = DecodeMatch(k10, in);
  if (!match.ok()) return match.status();
  mod.match = *match;
  const uint64_t cookie = in->U64();
  VSW_OF_RETURN_IF_ERROR(ReadCommandAndTable10(context.dialect, in->U16(), &mod));
  SetNewCookie(cookie, &mod);
  mod.idle_timeout = in->U16();
  mod.hard_timeout = in->U16();
  mod.priority = in->U16();
  mod.buffer_id = in->U32();
  VSW_OF_RETURN_IF_ERROR(ReadOutPort10(in->U16(), &mod));
  VSW_OF_RETURN_IF_ERROR(ReadFlags10(in->U16(), &mod));
  OfResult<Instructions> actions = DecodeInstructions(k10, in->Rest());
  if (!actions.ok()) return actions.status();
  mod.instructions = std::move(*actions);
  out->body = std::move(mod);
  return {};
}

OfStatus DecodeNxFlowMod(const DecodeContext& context, Reader* in, Request* out) {
  FlowMod mod;
  const uint64_t cookie = in->U64();
  VSW_OF_RETURN_IF_ERROR(ReadCommandAndTable10(context.dialect, in->U16(), &mod));
  SetNewCookie(cookie, &mod);
  mod.idle_timeout = in->U16();
  mod.hard_timeout = in->U16();
  mod.priority = in->U16();
  mod.buffer_id = in->U32();
  VSW_OF_RETURN_IF_ERROR(ReadOutPort10(in->U16(), &mod));
  VSW_OF_RETURN_IF_ERROR(ReadFlags10(in->U16(), &mod));
  const size_t match_bytes = in->U16();
  in->Skip(6);
  const OfResult<NxMatch> match = DecodeNxMatch(match_bytes, in);
  if (!match.ok()) return match.status();
  // A new flow has no cookie yet that could be matched.
  if (mod.command == Command::kAdd && match->cookie_mask != 0) return OfErrorId::kNxmInvalid;
  mod.match = match->match;
  mod.match_cookie = match->cookie;
  mod.cookie_mask = match->cookie_mask;
  OfResult<Instructions> actions = DecodeActionBody(context.version(), in->Rest());
  if (!actions.ok()) return actions.status();
  mod.instructions = std::move(*actions);
  out->body = std::move(mod);
  return {};
}

OfStatus DecodeFlowMod(const DecodeContext& context, Reader* in, Request* out) {
  const OfVersion version = context.version();
  FlowMod mod;
  const uint64_t cookie = in->U64();
  const uint64_t cookie_mask = in->U64();
  mod.table = in->U8();
  VSW_OF_RETURN_IF_ERROR(ReadCommand(in->U8(), &mod));
  if (mod.table == kTableAll && !IsDelete(mod.command)) return OfErrorId::kFlowModBadTable;
  SetCookies11(version, cookie, cookie_mask, &mod);
  mod.idle_timeout = in->U16();
  mod.hard_timeout = in->U16();
  mod.priority = in->U16();
  mod.buffer_id = in->U32();
  const uint32_t out_port = in->U32();
  const uint32_t out_group = in->U32();
  if (IsDelete(mod.command)) {
    mod.out_port = out_port;
    mod.out_group = out_group;
  }
  const OfResult<uint16_t> flags = DecodeFlowFlags(version, mod.command, in->U16());
  if (!flags.ok()) return flags.status();
  mod.flags = *flags;
  const uint16_t importance = in->U16();  // padding before 1.4
  if (version >= k14) mod.importance = importance;
  const OfResult<Match> match = DecodeMatch(version, in);
  if (!match.ok()) return match.status();
  mod.match = *match;
  OfResult<Instructions> instructions = DecodeInstructions(version, in->Rest());
  if (!instructions.ok()) return instructions.status();
  mod.instructions = std::move(*instructions);
  out->body = std::move(mod);
  return {};
}

}  // namespace vsw
