// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/notes.h"

#include <algorithm>

namespace vsw {
namespace {

enum class Kind : uint8_t { kLearn = 1, kFinTimeout = 2, kPacketIn = 3, kBfd = 4, kRemote = 5 };

// What can be read is read; past the end everything is 0, and ok() false.
class NoteReader {
 public:
  explicit NoteReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  template <typename T>
  T Get() {
    T value{};
    const auto bytes = GetBytes(sizeof(T));
    if (!bytes.empty()) std::memcpy(static_cast<void*>(&value), bytes.data(), sizeof(T));
    return value;
  }
  std::span<const uint8_t> GetBytes(size_t count) {
    if (count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const auto head = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return head;
  }
  bool ok() const { return ok_; }

 private:
  std::span<const uint8_t> bytes_;
  bool ok_ = true;
};

size_t BytesOf(uint16_t bits) { return (bits + 7u) / 8; }

template <size_t kCapacity>
void PutValue(const FieldValue& value, uint16_t bits, NoteWriter<kCapacity>* note) {
  note->PutBytes(std::span(value.octets).last(BytesOf(bits)));
}

FieldValue GetValue(uint16_t bits, NoteReader* reader) {
  FieldValue value;
  const auto bytes = reader->GetBytes(std::min<size_t>(BytesOf(bits), value.octets.size()));
  std::copy(bytes.begin(), bytes.end(), value.octets.end() - static_cast<ptrdiff_t>(bytes.size()));
  return value;
}

// In place: `value`, which counts from bit `offset`, within the whole field.
FieldValue Shifted(const FieldValue& value, unsigned offset) {
  FieldValue result;
  for (unsigned bit = 0; bit + offset < 128; ++bit) {
    if ((value.octets[15 - bit / 8] >> bit % 8 & 1) == 0) continue;
    const unsigned to = bit + offset;
    result.octets[15 - to / 8] |= static_cast<uint8_t>(1u << to % 8);
  }
  return result;
}

uint32_t WidePort(uint64_t port) {
  return static_cast<uint32_t>(port >= 0xff00 && port <= 0xffff ? port | 0xffff0000 : port);
}

void AddSpec(act::LearnSpec::Kind kind, const Subfield& to, const FieldValue& value, FlowMod* mod) {
  switch (kind) {
    case act::LearnSpec::Kind::kMatch:
      if (to.field == FieldId::kInPortNx && to.bits == 16) {
        // A port in 16 bits is one port, not all those whose numbers end alike.
        mod->match.Set(FieldId::kInPort, FieldValue::OfU64(WidePort(value.low64())));
      } else {
        mod->match.SetMasked(to.field, Shifted(value, to.offset),
                             Shifted(FieldValue::Ones(to.bits), to.offset));
      }
      return;
    case act::LearnSpec::Kind::kLoad:
      mod->instructions.apply.push_back(
          act::SetField{.field = to.field,
                        .value = Shifted(value, to.offset),
                        .mask = Shifted(FieldValue::Ones(to.bits), to.offset),
                        .form = act::SetForm::kRegLoad});
      return;
    case act::LearnSpec::Kind::kOutput: {
      const uint32_t port = WidePort(value.low64());
      const bool allowed = port < kOfpMax || port == kOfpInPort || port == kOfpFlood ||
                           port == kOfpAll || port == kOfpLocal;
      if (allowed) mod->instructions.apply.push_back(act::Output{.port = port});
      return;
    }
  }
}

std::optional<DecodedNote> DecodeLearn(NoteReader* reader) {
  LearnNote note;
  FlowMod& mod = note.mod;
  note.bridge = reader->Get<BridgeId>();
  note.rule_id = reader->Get<uint64_t>();
  note.learner = reader->Get<uint64_t>();
  mod.idle_timeout = reader->Get<uint16_t>();
  mod.hard_timeout = reader->Get<uint16_t>();
  const auto fin_idle = reader->Get<uint16_t>();
  const auto fin_hard = reader->Get<uint16_t>();
  mod.cookie = reader->Get<uint64_t>();
  note.limit = reader->Get<uint32_t>();
  if (reader->Get<uint8_t>() != 0) mod.flags |= flow_flags::kSendFlowRemoved;
  note.delete_learned = reader->Get<uint8_t>() != 0;
  mod.table = reader->Get<uint8_t>();
  mod.priority = reader->Get<uint16_t>();
  if (fin_idle != 0 || fin_hard != 0) {
    mod.instructions.apply.push_back(act::FinTimeout{.idle = fin_idle, .hard = fin_hard});
  }
  for (auto specs = reader->Get<uint16_t>(); specs > 0 && reader->ok(); --specs) {
    const auto kind = reader->Get<act::LearnSpec::Kind>();
    Subfield to;
    to.field = reader->Get<FieldId>();
    to.offset = reader->Get<uint16_t>();
    to.bits = reader->Get<uint16_t>();
    const FieldValue value = GetValue(to.bits, reader);
    if (reader->ok()) AddSpec(kind, to, value, &mod);
  }
  mod.instructions.has_apply = !mod.instructions.apply.empty();
  if (!reader->ok()) return std::nullopt;
  return note;
}

}  // namespace

void EncodeLearned(const act::Learn& learn, FieldView& view, SmallNoteWriter* note) {
  note->Put(learn.table);
  note->Put(learn.priority);
  note->Put(static_cast<uint16_t>(learn.specs.size()));
  for (const act::LearnSpec& spec : learn.specs) {
    Subfield to = spec.destination;
    if (spec.kind == act::LearnSpec::Kind::kOutput) to = spec.source;
    note->Put(spec.kind);
    note->Put(to.field);
    note->Put(to.offset);
    note->Put(to.bits);
    PutValue(spec.from_immediate ? spec.immediate : view.Read(spec.source), to.bits, note);
  }
}

void EncodeLearn(const LearnHead& head, const act::Learn& learn, FieldView& view,
                 SmallNoteWriter* note) {
  note->Put(Kind::kLearn);
  note->Put(head.bridge);
  note->Put(head.rule_id);
  note->Put(head.learner);
  note->Put(learn.idle_timeout);
  note->Put(learn.hard_timeout);
  note->Put(learn.fin_idle_timeout);
  note->Put(learn.fin_hard_timeout);
  note->Put(learn.cookie);
  note->Put(learn.limit);
  note->Put(static_cast<uint8_t>(learn.send_flow_removed));
  note->Put(static_cast<uint8_t>(learn.delete_learned));
  EncodeLearned(learn, view, note);
}

void EncodeFinTimeout(const FinTimeoutNote& what, SmallNoteWriter* note) {
  note->Put(Kind::kFinTimeout);
  note->Put(what.bridge);
  note->Put(what.rule_id);
  note->Put(what.table);
  note->Put(what.idle);
  note->Put(what.hard);
}

std::optional<DecodedNote> DecodeNote(std::span<const uint8_t> bytes) {
  NoteReader reader(bytes);
  switch (reader.Get<Kind>()) {
    case Kind::kLearn:
      return DecodeLearn(&reader);
    case Kind::kFinTimeout: {
      FinTimeoutNote note;
      note.bridge = reader.Get<BridgeId>();
      note.rule_id = reader.Get<uint64_t>();
      note.table = reader.Get<uint8_t>();
      note.idle = reader.Get<uint16_t>();
      note.hard = reader.Get<uint16_t>();
      if (!reader.ok()) return std::nullopt;
      return note;
    }
    case Kind::kRemote: {
      const auto note = reader.Get<RemoteNote>();
      if (!reader.ok()) return std::nullopt;
      return note;
    }
    case Kind::kPacketIn:
    case Kind::kBfd:
      break;
  }
  return std::nullopt;
}

void EncodeRemote(const RemoteNote& what, SmallNoteWriter* note) {
  note->Put(Kind::kRemote);
  note->Put(what);
}

void EncodeBfd(PortNo port, SmallNoteWriter* blob) {
  blob->Put(Kind::kBfd);
  blob->Put(port);
}

std::optional<PortNo> DecodeBfd(std::span<const uint8_t> blob) {
  NoteReader reader(blob);
  if (reader.Get<Kind>() != Kind::kBfd) return std::nullopt;
  const auto port = reader.Get<PortNo>();
  return reader.ok() ? std::optional(port) : std::nullopt;
}

void EncodePacketIn(const PacketInFacts& facts, FieldView& view, BlobWriter* blob) {
  blob->Put(Kind::kPacketIn);
  blob->Put(facts.bridge);
  blob->Put(facts.reason);
  blob->Put(facts.table);
  blob->Put(facts.cookie);
  blob->Put(facts.controller_id);
  blob->Put(facts.max_bytes);
  // Of the key only what is not in the packet: few words of it are ever set.
  MatchKey metadata;
  std::memcpy(metadata.packet.line(3), view.ReadTunnel().line(3), kTunnelLinesBytes);
  metadata.packet.tun_flags = metadata.packet.tun_flags & Be16::From(kTunnelOam);
  metadata.pipeline = view.pipeline();
  uint64_t present = 0;
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    if (metadata.words()[i] != 0) present |= uint64_t{1} << i;
  }
  blob->Put(present);
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    if (metadata.words()[i] != 0) blob->Put(metadata.words()[i]);
  }
  blob->Put(static_cast<uint32_t>(facts.userdata.size()));
  blob->PutBytes(facts.userdata);
}

std::optional<std::pair<BridgeId, PacketIn>> DecodePacketIn(std::span<const uint8_t> blob,
                                                            std::span<const uint8_t> packet,
                                                            uint32_t total_bytes) {
  NoteReader reader(blob);
  if (reader.Get<Kind>() != Kind::kPacketIn) return std::nullopt;
  PacketIn packet_in;
  const auto bridge = reader.Get<BridgeId>();
  packet_in.reason = reader.Get<PacketInReason>();
  packet_in.table = reader.Get<uint8_t>();
  packet_in.cookie = reader.Get<uint64_t>();
  packet_in.controller_id = reader.Get<uint16_t>();
  packet_in.max_bytes = reader.Get<uint16_t>();
  const auto present = reader.Get<uint64_t>();
  for (size_t i = 0; i < kMatchKeyWords; ++i) {
    if (present >> i & 1) packet_in.metadata.words()[i] = reader.Get<uint64_t>();
  }
  const auto userdata = reader.GetBytes(reader.Get<uint32_t>());
  if (!reader.ok()) return std::nullopt;
  packet_in.userdata.assign(userdata.begin(), userdata.end());
  packet_in.packet.assign(packet.begin(), packet.end());
  packet_in.total_bytes = total_bytes;
  return std::pair(bridge, std::move(packet_in));
}

}  // namespace vsw
