// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an OpenFlow message of any version: it is decoded or refused with an error that can
// be sent, and never read beyond its end. What was decoded is encoded again as far as the switch
// can write it, and decoded once more: that must give the same. The first byte chooses the dialect,
// the rest is the message; its header's version and length are made to fit, or most inputs would go
// no further.
#include <algorithm>

#include "ofproto/message/codec.h"
#include "ofproto/message/parts.h"
#include "ofproto/text/text.h"
#include "tests/fuzz/input.h"

namespace vsw::testing {
namespace {

constexpr uint8_t kWithTableId = 0x80;

// A message is at most 64 KiB long; what would be longer need not be written.
constexpr size_t kMostBytes = 0xffff;

void CheckMatchAgain(OfVersion version, const Match& match) {
  // 1.0 and 1.1 have fixed fields of their own, which say less than Nicira's messages bring.
  if (version <= OfVersion::k11) return;
  Writer out;
  EncodeMatch(version, match, &out);
  Reader in(out.bytes());
  const OfResult<Match> again = DecodeMatch(version, &in);
  if (!again.ok()) Fail("a match is refused when written again", again.status().ToString());
  if (!(*again == match)) {
    Fail("a match changes when written again", FormatMatch(match), FormatMatch(*again));
  }
}

// Whether both are written alike: some things have a second form on the wire (Nicira's set_tunnel),
// and are written in the version's own.
bool WrittenAlike(const Writer& out, const auto& encode) {
  Writer again;
  encode(&again);
  return std::ranges::equal(out.bytes(), again.bytes());
}

void CheckInstructionsAgain(OfVersion version, const Instructions& instructions) {
  Writer out;
  EncodeInstructions(version, instructions, &out);
  if (out.size() > kMostBytes) return;
  const OfResult<Instructions> again = DecodeInstructions(version, out.bytes());
  if (!again.ok()) {
    Fail("instructions are refused when written again", FormatInstructions(instructions),
         again.status().ToString());
  }
  const auto encode = [&](Writer* to) { EncodeInstructions(version, *again, to); };
  if (!(*again == instructions) && !WrittenAlike(out, encode)) {
    Fail("instructions change when written again", FormatInstructions(instructions),
         FormatInstructions(*again));
  }
}

void CheckActionsAgain(OfVersion version, const OfActions& actions) {
  Writer out;
  EncodeActions(version, actions, &out);
  if (out.size() > kMostBytes) return;
  const OfResult<OfActions> again = DecodeActions(version, out.bytes());
  if (!again.ok()) {
    Fail("actions are refused when written again", FormatActions(actions),
         again.status().ToString());
  }
  const auto encode = [&](Writer* to) { EncodeActions(version, *again, to); };
  if (!(*again == actions) && !WrittenAlike(out, encode)) {
    Fail("actions change when written again", FormatActions(actions), FormatActions(*again));
  }
}

void CheckGroupAgain(const Dialect& dialect, const GroupMod& mod) {
  for (const Bucket& bucket : mod.buckets) CheckActionsAgain(dialect.version, bucket.actions);
  // Only 1.4 on has the message that carries a group-mod to another controller.
  const Bytes forwarded = EncodeRequestForward(dialect.version, mod);
  if (forwarded.size() <= 2 * kOfHeaderBytes) return;
  const auto inner = std::span(forwarded).subspan(kOfHeaderBytes);
  const OfResult<Request> again = DecodeRequest(dialect, inner);
  if (!again.ok()) Fail("a group-mod is refused when forwarded", again.status().ToString());
  const auto* body = std::get_if<GroupMod>(&again->body);
  Require(body != nullptr, "a group-mod is another message when forwarded");
  const bool same = body->group == mod.group && body->buckets == mod.buckets;
  Require(same || EncodeRequestForward(dialect.version, *body) == forwarded,
          "a group-mod changes when forwarded");
}

void CheckMeterAgain(const Dialect& dialect, const MeterMod& mod) {
  const Bytes forwarded = EncodeRequestForward(dialect.version, mod);
  if (forwarded.size() <= 2 * kOfHeaderBytes) return;
  const auto inner = std::span(forwarded).subspan(kOfHeaderBytes);
  const OfResult<Request> again = DecodeRequest(dialect, inner);
  if (!again.ok()) Fail("a meter-mod is refused when forwarded", again.status().ToString());
  const auto* body = std::get_if<MeterMod>(&again->body);
  Require(body != nullptr && body->config == mod.config, "a meter-mod changes when forwarded");
}

void CheckAgain(const Dialect& dialect, const Request& request) {
  if (const auto* flow = std::get_if<FlowMod>(&request.body)) {
    CheckMatchAgain(dialect.version, flow->match);
    CheckInstructionsAgain(dialect.version, flow->instructions);
  } else if (const auto* group = std::get_if<GroupMod>(&request.body)) {
    CheckGroupAgain(dialect, *group);
  } else if (const auto* meter = std::get_if<MeterMod>(&request.body)) {
    CheckMeterAgain(dialect, *meter);
  } else if (const auto* out = std::get_if<PacketOut>(&request.body)) {
    CheckActionsAgain(dialect.version, out->actions);
  }
}

}  // namespace
}  // namespace vsw::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vsw;
  using namespace vsw::testing;
  if (size < 1 + kOfHeaderBytes || size > kMostBytes) return 0;
  Dialect dialect;
  dialect.version = static_cast<OfVersion>(1 + (data[0] & 0x7f) % 6);
  dialect.flow_mod_table_id = (data[0] & kWithTableId) != 0;
  std::vector<uint8_t> message(data + 1, data + size);
  message[0] = static_cast<uint8_t>(dialect.version);
  message[2] = static_cast<uint8_t>(message.size() >> 8);
  message[3] = static_cast<uint8_t>(message.size());
  const OfResult<Request> request = DecodeRequest(dialect, message);
  if (request.ok()) {
    CheckAgain(dialect, *request);
    return 0;
  }
  const Bytes error = EncodeError(dialect.version, request.status(), 1, message);
  Require(error.size() >= 12, "an error cannot be sent");
  return 0;
}
