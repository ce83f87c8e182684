// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/field_view.h"

#include <algorithm>
#include <cstring>

#include "ofproto/match/wide.h"

namespace vsw {
namespace {

constexpr size_t kVlanOffset = offsetof(FlowKey, vlan);
constexpr size_t kMplsOffset = offsetof(FlowKey, mpls);
constexpr size_t kTosOffset = offsetof(FlowKey, ip_tos);
constexpr uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd, kTypeArp = 0x0806, kTypeRarp = 0x8035;
constexpr uint16_t kTypeMpls = 0x8847, kTypeMplsMulticast = 0x8848;
constexpr uint8_t kProtoIcmp = 1, kProtoTcp = 6, kProtoUdp = 17, kProtoIcmpv6 = 58,
                  kProtoSctp = 132;
constexpr uint32_t kBottomOfStack = 0x100;

bool IsVlanType(uint16_t type) { return type == kTpidVlan || type == kTpidService; }
bool IsMplsType(uint16_t type) { return type == kTypeMpls || type == kTypeMplsMulticast; }
bool IsVlanField(FieldId id) {
  return id == FieldId::kVlanVid || id == FieldId::kVlanPcp || id == FieldId::kVlanTci;
}

// Written, the packet has other headers than those that were parsed.
bool SaysWhatFollows(FieldId id) {
  return id == FieldId::kEthType || id == FieldId::kIpProto || id == FieldId::kMplsBos;
}

// Some bits of a field as bytes of its storage in a MatchKey.
struct Stored {
  std::array<uint8_t, 16> value, mask;
};

// `value` and `mask` count from bit `offset` of the field.
Stored StoredBits(const FieldInfo& info, unsigned offset, Wide value, Wide mask) {
  const unsigned up = offset + info.shift, to_front = 8 * (16u - info.bytes);
  const Wide bits = mask << up;
  return {.value = OctetsOf((value << up & bits) << to_front), .mask = OctetsOf(bits << to_front)};
}

bool Lacks(const uint8_t* mask, size_t count) {
  return std::all_of(mask, mask + count, [](uint8_t byte) { return byte == 0; });
}

}  // namespace

FieldView::FieldView(const FlowKey& key, FlowMask* mask) : received_(&key), mask_(*mask) {
  mask_.lines |= kLineBase;
  mask_.bits.in_port = PortNo{0xffffffff};
  std::memcpy(static_cast<void*>(&present_.packet), &key, sizeof(key));
  present_.packet.in_port = kNoPort;
  present_.packet.recirc_id = 0;
  present_.packet.lines = 0;
  present_.pipeline.actset_output = Be32::From(kOfpUnset);
}

bool FieldView::eth_dst_is_reserved() {
  constexpr std::array<uint8_t, 6> kReserved = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};
  for (size_t i = 0; i < kReserved.size(); ++i) {
    const uint8_t bits = i + 1 < kReserved.size() ? 0xff : 0xf0;
    if (Octet(present_.packet.eth_dst, &marks_.packet.eth_dst, i, bits) != kReserved[i]) {
      return false;
    }
  }
  return true;
}

uint16_t FieldView::Tci(size_t index, uint16_t bits) {
  VlanTag& mask = mask_.bits.vlan[index];
  if (marking_) mask.tci = mask.tci | Be16::From(bits);
  return (received_->vlan[index].tci & Be16::From(bits)).Get();
}

uint16_t FieldView::vlan_tpid(size_t index) {
  if (marking_) mask_.bits.vlan[index].tpid = Be16::From(0xffff);
  return received_->vlan[index].tpid.Get();
}

uint16_t FieldView::eth_type() {
  if (marking_) mask_.bits.eth_type = Be16::From(0xffff);
  return received_->eth_type.Get();
}

uint16_t FieldView::present_eth_type() {
  return Take(present_.packet.eth_type, &marks_.packet.eth_type).Get();
}

bool FieldView::is_ip() {
  const uint16_t type = present_eth_type();
  return type == kTypeIpv4 || type == kTypeIpv6;
}

bool FieldView::is_mpls() { return IsMplsType(present_eth_type()); }

FieldValue FieldView::Read(FieldId field) { return Read({field, 0, Describe(field).bits}); }

FieldValue FieldView::Read(const Subfield& subfield) {
  const FieldInfo& info = Describe(subfield.field);
  const Stored stored = StoredBits(info, subfield.offset, 0, WideOnes(subfield.bits));
  for (size_t i = 0; i < info.bytes; ++i) marks_.bytes()[info.offset + i] |= stored.mask[i];
  return GetSubfield(present_, subfield);
}

bool FieldView::Has(FieldId field) {
  const auto transport = [this](uint8_t protocol) {
    return is_ip() && ip_proto() == protocol && ip_frag(kFragLater) == 0;
  };
  const auto neighbor = [this](uint8_t from, uint8_t to) {
    if (present_eth_type() != kTypeIpv6 || ip_proto() != kProtoIcmpv6) return false;
    if (ip_frag(kFragLater) != 0) return false;
    const uint64_t type = Read(FieldId::kIcmpv6Type).low64();
    return type >= from && type <= to && Read(FieldId::kIcmpv6Code).low64() == 0;
  };
  switch (Describe(field).prerequisite) {
    case Prerequisite::kNone:
      return true;
    case Prerequisite::kVlan:
      return tags_.IsTagged(*this);
    case Prerequisite::kMpls:
      return is_mpls();
    case Prerequisite::kIpv4:
      return present_eth_type() == kTypeIpv4;
    case Prerequisite::kIpv6:
      return present_eth_type() == kTypeIpv6;
    case Prerequisite::kIp:
      return is_ip();
    case Prerequisite::kArp: {
      const uint16_t type = present_eth_type();
      return type == kTypeArp || type == kTypeRarp;
    }
    case Prerequisite::kTcp:
      return transport(kProtoTcp);
    case Prerequisite::kUdp:
      return transport(kProtoUdp);
    case Prerequisite::kSctp:
      return transport(kProtoSctp);
    case Prerequisite::kIcmpv4:
      return present_eth_type() == kTypeIpv4 && transport(kProtoIcmp);
    case Prerequisite::kIcmpv6:
      return present_eth_type() == kTypeIpv6 && transport(kProtoIcmpv6);
    case Prerequisite::kNd:
      return neighbor(135, 136);
    case Prerequisite::kNdSolicit:
      return neighbor(135, 135);
    case Prerequisite::kNdAdvert:
      return neighbor(136, 136);
  }
  return false;
}

void FieldView::Write(FieldId field, const FieldValue& value, const FieldValue& mask) {
  const FieldInfo& info = Describe(field);
  const Stored stored = StoredBits(info, 0, ToWide(value), ToWide(mask));
  if (IsVlanField(field)) {
    return SetVlanTci(static_cast<uint16_t>(stored.value[0] << 8 | stored.value[1]),
                      static_cast<uint16_t>(stored.mask[0] << 8 | stored.mask[1]));
  }
  WriteBytes(info.offset, info.bytes, stored.value.data(), stored.mask.data());
  if (SaysWhatFollows(field)) inner_unknown_ = true;
  if (IsTunnelOption(field)) {
    const Be64 bit = Be64::From(TunnelOptionBit(field));
    const auto* bytes = reinterpret_cast<const uint8_t*>(&bit);
    WriteBytes(offsetof(FlowKey, tun_metadata_present), sizeof(bit), bytes, bytes);
  }
  if (field == FieldId::kInPortNx) {
    // In 16 bits, reserved ports are numbered from 0xff00.
    const uint32_t port = pipeline_in_port() & 0xffff;
    set_pipeline_in_port(port >= 0xff00 ? port | 0xffff0000 : port);
  }
}

void FieldView::Write(const Subfield& subfield, const FieldValue& value) {
  Write(subfield.field, FromWide(ToWide(value) << subfield.offset),
        FromWide(WideOnes(subfield.bits) << subfield.offset));
}

void FieldView::WriteBytes(size_t offset, size_t count, const uint8_t* value, const uint8_t* mask) {
  uint8_t* present = present_.bytes() + offset;
  if (offset >= sizeof(FlowKey)) {
    for (size_t i = 0; i < count; ++i) present[i] = (present[i] & ~mask[i]) | (value[i] & mask[i]);
    return;
  }
  if (Lacks(mask, count)) return;
  Flush();
  const uint8_t* known = mask_.bits.line(0) + offset;
  uint8_t* written = written_.bytes() + offset;
  uint8_t* pending = reinterpret_cast<uint8_t*>(pending_.data());
  for (size_t i = 0; i < count; ++i) {
    const uint8_t old = present[i];
    present[i] = (old & ~mask[i]) | (value[i] & mask[i]);
    const uint8_t sure =
        tos_unsure_ && offset + i == kTosOffset ? 0 : static_cast<uint8_t>(written[i] | known[i]);
    const uint8_t news = mask[i] & static_cast<uint8_t>(~(sure & ~(old ^ present[i])));
    written[i] |= mask[i];
    if (news == 0 || offset + i >= sizeof(pending_)) continue;
    pending[offset + i] |= news;
    pending_words_ |= uint64_t{1} << (offset + i) / sizeof(uint32_t);
  }
  packet_written_ = true;
}

FieldView::Pending FieldView::TakePending(size_t index) {
  Pending pending;
  std::memcpy(&pending.value, present_.bytes() + index * sizeof(uint32_t), sizeof(uint32_t));
  pending.mask = pending_[index];
  pending_[index] = 0;
  pending_words_ &= ~(uint64_t{1} << index);
  return pending;
}

void FieldView::WriteMetadata(uint64_t value, uint64_t mask) {
  const uint64_t old = present_.pipeline.metadata.Get();
  present_.pipeline.metadata = Be64::From((old & ~mask) | (value & mask));
}

void FieldView::ResetPipeline(uint32_t in_port) {
  std::memset(static_cast<void*>(&present_.pipeline), 0, sizeof(present_.pipeline));
  present_.pipeline.in_port = Be32::From(in_port);
  present_.pipeline.actset_output = Be32::From(kOfpUnset);
}

// --- Tags ------------------------------------------------------------------------------------

void FieldView::ShowTags() {
  for (size_t depth = 0; depth < kKeyVlanTags; ++depth) {
    const FrameTag tag = tags_.At(depth);
    VlanTag& shown = present_.packet.vlan[depth];
    if (tag.received_index() < 0) {
      shown = {.tpid = Be16::From(tag.made_tpid()),
               .tci = Be16::From(tag.made_tci() | kVlanPresent)};
    } else if (tag.readable()) {
      shown = received_->vlan[static_cast<size_t>(tag.received_index())];
      const Be16 made = Be16::From(tag.made_tci_bits());
      if (!made.is_zero()) shown.tci = (shown.tci & ~made) | (Be16::From(tag.made_tci()) & made);
    } else {
      shown = {};
    }
  }
}

void FieldView::MarkTag(size_t depth, Be16 tpid, Be16 tci) {
  const FrameTag tag = tags_.At(depth);
  if (tag.received_index() < 0) return;
  if (!tag.readable()) {
    mask_.bits.eth_type = Be16::From(0xffff);  // whether it is there at all
    return;
  }
  VlanTag& mask = mask_.bits.vlan[static_cast<size_t>(tag.received_index())];
  mask.tpid = mask.tpid | tpid;
  mask.tci = mask.tci | (tci & ~Be16::From(tag.made_tci_bits()));
}

void FieldView::set_tags(const FrameTags& tags) {
  Flush();
  tags_ = tags;
  ShowTags();
}

void FieldView::PushVlan(uint16_t tpid, uint16_t tci) {
  FrameTags tags = tags_;
  tags.Push(FrameTag::Made(tpid, VlanId{static_cast<uint16_t>(tci & kVlanIdMask)},
                           tci & kVlanPriorityMask));
  set_tags(tags);
}

void FieldView::PopVlan() {
  FrameTags tags = tags_;
  if (!tags.IsTagged(*this)) return;
  tags.Pop();
  set_tags(tags);
}

void FieldView::SetVlanTci(uint16_t value, uint16_t mask) {
  FrameTag tag;
  FrameTags tags = tags_;
  const bool tagged = tags.Outer(*this, &tag);
  const bool wanted = (mask & kVlanPresent) != 0 ? (value & kVlanPresent) != 0 : tagged;
  if (!wanted) return tagged ? PopVlan() : void();
  if (!tagged) return PushVlan(kTpidVlan, value & mask);
  tags.Pop();
  const auto vlan = VlanId{static_cast<uint16_t>(value & kVlanIdMask)};
  if ((mask & kVlanIdMask) == kVlanIdMask && (mask & kVlanPriorityMask) == 0) {
    tags.Push(tag.WithVlan(vlan));
  } else {
    const uint16_t tci =
        (mask | kVlanPresent) == 0xffff ? value : (tag.tci(*this) & ~mask) | (value & mask);
    tags.Push(FrameTag::Made(tag.tpid(*this), VlanId{static_cast<uint16_t>(tci & kVlanIdMask)},
                             tci & kVlanPriorityMask));
  }
  set_tags(tags);
}

bool FieldView::needs_parsing() {
  if (inner_unknown_) return true;
  // A third tag came into sight, and with it whatever is behind it.
  if (tags_.received_gone() <= tags_.added() || tags_.received_gone() == 0) return false;
  return vlan_present(kKeyVlanTags - 1) && IsVlanType(eth_type());
}

// --- Labels ----------------------------------------------------------------------------------

void FieldView::TouchLabels() {
  if (labels_touched_) return;
  labels_touched_ = true;
  Flush();
  if (marking_) mask_.lines |= kLineExtra;
  for (size_t i = kMplsOffset; i < kMplsOffset + sizeof(FlowKey::mpls); ++i) {
    if (marking_) mask_.bits.line(0)[i] |= static_cast<uint8_t>(~written_.bytes()[i]);
    written_.bytes()[i] = 0xff;
  }
  labels_ = 0;
  if (!is_mpls()) return;
  while (labels_ < 3) {
    if (present_.packet.mpls[labels_++].Get() & kBottomOfStack) break;
  }
}

uint32_t FieldView::mpls_entry(size_t depth) {
  TouchLabels();
  return present_.packet.mpls[depth].Get();
}

void FieldView::HideInner() {
  const auto hide = [this](size_t from, size_t to) {
    std::memset(present_.bytes() + from, 0, to - from);
    std::memset(written_.bytes() + from, 0xff, to - from);
  };
  Flush();
  hide(offsetof(FlowKey, ip_frag), offsetof(FlowKey, ip_frag) + 1);
  hide(offsetof(FlowKey, ipv4_src), offsetof(FlowKey, ct_zone));
  hide(offsetof(FlowKey, ipv6_src), offsetof(FlowKey, arp_sha));
  hide(offsetof(FlowKey, arp_sha), kMplsOffset);
  hide(offsetof(FlowKey, nd_options_type), offsetof(FlowKey, nd_options_type) + 1);
}

uint32_t FieldView::PushMpls(uint16_t ethertype) {
  if (is_mpls()) {
    const uint32_t outer = mpls_entry(0);
    PutMpls(ethertype, outer & ~kBottomOfStack);
    return outer & ~kBottomOfStack;
  }
  // OpenFlow 1.3 section 5.12.1: what the packet has no value for is 0.
  const uint32_t ttl = is_ip() ? ip_ttl() : 0;
  const uint32_t entry = kBottomOfStack | ttl;
  PutMpls(ethertype, entry);
  return entry;
}

void FieldView::PutMpls(uint16_t ethertype, uint32_t entry) {
  if (!is_mpls()) HideInner();
  TouchLabels();
  auto& mpls = present_.packet.mpls;
  mpls = {Be32::From(entry), mpls[0], mpls[1]};
  labels_ = static_cast<uint8_t>(std::min(labels_ + 1, 3));
  ++pushed_labels_;
  present_.packet.eth_type = Be16::From(ethertype);
  written_.packet.eth_type = Be16::From(0xffff);
  packet_written_ = true;
}

void FieldView::PopMpls(uint16_t ethertype) {
  const bool bottom = (mpls_entry(0) & kBottomOfStack) != 0;
  Flush();
  auto& mpls = present_.packet.mpls;
  mpls = {mpls[1], mpls[2], Be32{0}};
  if (labels_ > 0) --labels_;
  if (pushed_labels_ > 0) {
    --pushed_labels_;
  } else {
    ++received_labels_gone_;
  }
  present_.packet.eth_type = Be16::From(ethertype);
  written_.packet.eth_type = Be16::From(0xffff);
  packet_written_ = true;
  if (bottom || labels_ == 0 || !IsMplsType(ethertype)) inner_unknown_ = true;
}

// --- Marking ---------------------------------------------------------------------------------

void FieldView::Flush() {
  auto& tag_marks = marks_.packet.vlan;
  const bool looked_at_tags = !tag_marks[0].tci.is_zero() || !tag_marks[0].tpid.is_zero() ||
                              !tag_marks[1].tci.is_zero() || !tag_marks[1].tpid.is_zero();
  if (looked_at_tags) {
    for (size_t depth = 0; depth < kKeyVlanTags && marking_; ++depth) {
      const VlanTag tag = tag_marks[depth];
      if (!tag.tci.is_zero() || !tag.tpid.is_zero()) MarkTag(depth, tag.tpid, tag.tci);
    }
    tag_marks = {};
  }
  marks_.packet.in_port = kNoPort;
  marks_.packet.recirc_id = 0;
  marks_.packet.lines = 0;
  constexpr size_t kLineWords = kLineBytes / sizeof(uint64_t);
  uint64_t* marks = marks_.words();
  const uint64_t* written = written_.words();
  for (size_t line = 0; line < marked_lines_; ++line, marks += kLineWords, written += kLineWords) {
    uint64_t any = 0;
    for (size_t i = 0; i < kLineWords; ++i) any |= marks[i];
    if (any == 0) continue;
    uint64_t seen = 0;
    for (size_t i = 0; i < kLineWords && marking_; ++i) {
      uint64_t word;
      uint8_t* at = mask_.bits.line(line) + i * sizeof(uint64_t);
      std::memcpy(&word, at, sizeof(word));
      const uint64_t fresh = marks[i] & ~written[i];
      word |= fresh;
      seen |= fresh;
      std::memcpy(at, &word, sizeof(word));
    }
    if (seen != 0) mask_.lines |= static_cast<uint8_t>(1u << line);
    std::memset(marks, 0, kLineBytes);
  }
}

void FieldView::SetMarking(bool on) {
  Flush();
  marking_ = on;
}

void FieldView::Rebase(const FlowKey& key) {
  Flush();
  received_ = &key;
  const MatchKey before = present_;
  const MatchKey written = written_;
  std::memcpy(static_cast<void*>(&present_.packet), &key, sizeof(key));
  std::memset(static_cast<void*>(&written_.packet), 0, sizeof(FlowKey));
  present_.packet.in_port = kNoPort;
  present_.packet.recirc_id = 0;
  present_.packet.lines = 0;
  const auto keep = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      const uint8_t bits = written.bytes()[i];
      uint8_t& byte = present_.bytes()[i];
      byte = (byte & ~bits) | (before.bytes()[i] & bits);
      written_.bytes()[i] = bits;
    }
  };
  keep(offsetof(FlowKey, ct_zone), kLineBytes);  // connection and packet marks
  keep(offsetof(FlowKey, tun_id), sizeof(FlowKey));
  packet_written_ = std::any_of(written_.words(), written_.words() + sizeof(FlowKey) / 8,
                                [](uint64_t word) { return word != 0; });
  tags_ = FrameTags();
  pending_.fill(0);
  pending_words_ = 0;
  labels_touched_ = inner_unknown_ = tos_unsure_ = false;
  labels_ = pushed_labels_ = received_labels_gone_ = 0;
}

void FieldView::CopyMarkedKey(FlowKey* out) {
  Flush();
  for (size_t line = 0; line < kFlowKeyLines; ++line) {
    for (size_t i = 0; i < kLineBytes; ++i) {
      out->line(line)[i] = received_->line(line)[i] & mask_.bits.line(line)[i];
    }
  }
  out->in_port = received_->in_port;
  out->recirc_id = 0;
  out->lines = kAllLines;
}

void FieldView::Save(State* state) {
  Flush();
  state->received = received_;
  state->present = present_;
  state->written = written_;
  state->tags = tags_;
  state->pending = pending_;
  state->pending_words = pending_words_;
  state->labels = labels_;
  state->pushed_labels = pushed_labels_;
  state->received_labels_gone = received_labels_gone_;
  state->packet_written = packet_written_;
  state->inner_unknown = inner_unknown_;
  state->labels_touched = labels_touched_;
  state->tos_unsure = tos_unsure_;
}

void FieldView::Restore(const State& state) {
  Flush();
  received_ = state.received;
  present_ = state.present;
  written_ = state.written;
  tags_ = state.tags;
  pending_ = state.pending;
  pending_words_ = state.pending_words;
  labels_ = state.labels;
  pushed_labels_ = state.pushed_labels;
  received_labels_gone_ = state.received_labels_gone;
  packet_written_ = state.packet_written;
  inner_unknown_ = state.inner_unknown;
  labels_touched_ = state.labels_touched;
  tos_unsure_ = state.tos_unsure;
}

const FlowKey& FieldView::ReadTunnel() {
  constexpr size_t kFrom = offsetof(FlowKey, tun_id);
  std::memset(marks_.bytes() + kFrom, 0xff, sizeof(FlowKey) - kFrom);
  return present_.packet;
}

}  // namespace vsw
