// SPDX-License-Identifier: Apache-2.0
//
// The only eyes of the translator, and the packet as its actions have changed it so far. A
// FieldView holds a packet's key and gives out single fields; each read sets just the bits that it
// looked at in the translation's mask, as far as they still come from the packet: what an action
// has written, and what exists in the pipeline alone, is the same for all packets of the megaflow.
// There is no way from a FieldView to the key itself, so that a field cannot be read without being
// marked: whatever the translator did not ask for stays wildcarded, and whatever it did ask for is
// matched.
//
// Reads cost a few instructions. Ask for the narrowest thing that answers the question: each bit
// that is not marked makes the megaflow cover twice as many packets.
//
// VLAN tags are held as FrameTags, so that a tag that was moved leads back to the one received.
// MPLS labels are marked whole as soon as one is pushed or popped.
#ifndef VSW_OFPROTO_TRANSLATE_FIELD_VIEW_H_
#define VSW_OFPROTO_TRANSLATE_FIELD_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/packet/flow_key.h"
#include "ofproto/match/fields.h"
#include "ofproto/match/match_key.h"
#include "ofproto/translate/frame_tags.h"

namespace vsw {

class FieldView {
 public:
  /// REQUIRES: both outlive the view; `mask` was cleared.
  FieldView(const FlowKey& key, FlowMask* mask);
  FieldView(const FieldView&) = delete;
  FieldView& operator=(const FieldView&) = delete;

  /// The port that received it is no tunnel. None of its packets has tunnel fields, so that what
  /// reads them need not mark them: the megaflow is of that port alone.
  void SetNoTunnel() { marked_lines_ = kLinesBeforeTunnel; }

  /// Where the datapath received it. Always matched exactly.
  PortNo in_port() const { return received_->in_port; }

  MacAddress eth_src() { return Take(present_.packet.eth_src, &marks_.packet.eth_src); }
  MacAddress eth_dst() { return Take(present_.packet.eth_dst, &marks_.packet.eth_dst); }

  /// The group bit alone.
  bool eth_src_is_group() {
    return Octet(present_.packet.eth_src, &marks_.packet.eth_src, 0, 0x01) != 0;
  }
  bool eth_dst_is_group() {
    return Octet(present_.packet.eth_dst, &marks_.packet.eth_dst, 0, 0x01) != 0;
  }
  /// Whether it is 01:80:c2:00:00:0x. Looks no further than the first octet that says no, so that
  /// all broadcast and most multicast of a sender shares one megaflow.
  bool eth_dst_is_reserved();

  /// Received tag number `index` (outermost first), whatever was done to it since.
  /// REQUIRES for all of the tag's fields: index < kKeyVlanTags.
  bool vlan_present(size_t index) { return Tci(index, kVlanPresent) != 0; }
  uint16_t vlan_id(size_t index) { return Tci(index, kVlanIdMask); }
  /// The priority bits where they stand in a TCI (0xe000).
  uint16_t vlan_priority(size_t index) { return Tci(index, kVlanPriorityMask); }
  uint16_t vlan_tpid(size_t index);
  /// The type behind the received tags that the key holds, as it was received.
  uint16_t eth_type();

  // --- The packet as it is now.

  /// The type behind its tags.
  uint16_t present_eth_type();
  /// One byte of the packet part of the key, `bits` of it.
  uint8_t ip_proto() { return Byte(offsetof(FlowKey, ip_proto), 0xff); }
  uint8_t ip_frag(uint8_t bits) { return Byte(offsetof(FlowKey, ip_frag), bits); }
  uint8_t ip_ttl() { return Byte(offsetof(FlowKey, ip_ttl), 0xff); }
  uint8_t ip_tos(uint8_t bits) { return Byte(offsetof(FlowKey, ip_tos), bits); }
  bool is_ip();

  FieldValue Read(FieldId field);
  FieldValue Read(const Subfield& subfield);
  /// Whether the packet has that option of a tunnel. REQUIRES: IsTunnelOption(field).
  bool HasTunnelOption(FieldId field) {
    const Be64 bit = Be64::From(TunnelOptionBit(field));
    marks_.packet.tun_metadata_present = marks_.packet.tun_metadata_present | bit;
    return !(present_.packet.tun_metadata_present & bit).is_zero();
  }
  /// Whether the packet has what the field needs (OpenFlow 1.3 section 7.2.3.6). Reads no more
  /// than that.
  bool Has(FieldId field);

  /// The bits of `mask` become those of `value`. Does nothing to the packet by itself: the action
  /// writer does, before the next output.
  void Write(FieldId field, const FieldValue& value, const FieldValue& mask);
  void Write(const Subfield& subfield, const FieldValue& value);

  uint32_t pipeline_in_port() const { return present_.pipeline.in_port.Get(); }
  void set_pipeline_in_port(uint32_t port) { present_.pipeline.in_port = Be32::From(port); }
  void set_actset_output(uint32_t port) { present_.pipeline.actset_output = Be32::From(port); }
  void WriteMetadata(uint64_t value, uint64_t mask);
  /// A new bridge knows nothing of the registers and metadata of the one before.
  void ResetPipeline(uint32_t in_port);
  /// What a packet-out says of the packet beyond its headers.
  void AdoptPipeline(const PipelineFields& fields) { present_.pipeline = fields; }

  /// Calls `find` with the present packet and with the marks to add to; gives back what it gives.
  /// `hide_fragment_ports`: L4 ports of fragments are shown as 0 (OpenFlow's "normal" handling).
  template <typename Find>
  auto LookUp(bool hide_fragment_ports, Find&& find) {
    FlowKey& key = present_.packet;
    FlowKey& marks = marks_.packet;
    const bool hide = hide_fragment_ports && (key.ip_frag & kFragAny) != 0;
    const Be16 src = key.l4_src, dst = key.l4_dst;
    const Be16 src_marks = marks.l4_src, dst_marks = marks.l4_dst;
    marks.l4_src = marks.l4_dst = Be16{0};
    if (hide) key.l4_src = key.l4_dst = Be16{0};
    const auto found = find(present_, &marks_);
    // Only who asked for ports needs to know whether this is a fragment.
    const bool asked = !marks.l4_src.is_zero() || !marks.l4_dst.is_zero();
    if (hide_fragment_ports && asked) ip_frag(kFragAny);
    hid_ports_ = hide && asked;
    if (hide) {
      key.l4_src = src, key.l4_dst = dst;
      marks.l4_src = marks.l4_dst = Be16{0};
    }
    marks.l4_src = marks.l4_src | src_marks;
    marks.l4_dst = marks.l4_dst | dst_marks;
    return found;
  }
  /// The last lookup saw the packet as it was received.
  bool was_pristine() const {
    return !packet_written_ && marking_ && tags_.untouched() && !hid_ports_;
  }

  // --- Tags and labels.

  const FrameTags& tags() const { return tags_; }
  void set_tags(const FrameTags& tags);
  void PushVlan(uint16_t tpid, uint16_t tci);
  /// Does nothing to a frame without a tag.
  void PopVlan();
  /// The bits of `mask` in the outermost tag; 0x8100 is put on if there is none.
  void SetVlanTci(uint16_t value, uint16_t mask);

  bool is_mpls();
  /// The label stack entry at `depth` (0..2), in host order. Marks the whole stack.
  uint32_t mpls_entry(size_t depth);
  /// Returns the entry that the packet gets.
  /// REQUIRES of the three: what is pending was taken.
  uint32_t PushMpls(uint16_t ethertype);
  void PutMpls(uint16_t ethertype, uint32_t entry);
  void PopMpls(uint16_t ethertype);
  /// The headers that were uncovered do not show in the key: the packet has to be parsed again
  /// before anyone looks at them.
  bool needs_parsing();
  /// Labels of the received packet that were taken off, and tags.
  size_t received_labels_gone() const { return received_labels_gone_; }

  // --- Writing.

  /// Bits of word `index` of the key (in memory order) that were written since they were last
  /// taken, and their values. What all packets of the megaflow have anyway is left out.
  struct Pending {
    uint32_t value, mask;
  };
  static constexpr size_t kWords = 3 * kLineBytes / sizeof(uint32_t);
  bool has_pending() const { return pending_words_ != 0; }
  uint64_t pending_words() const { return pending_words_; }
  Pending TakePending(size_t index);
  /// A meter may have changed the DSCP: the next write of it counts, whatever was there.
  void ForgetTos() { tos_unsure_ = true; }

  // --- Another packet, or the same one at another time.

  /// While off, reads mark nothing.
  void SetMarking(bool on);
  /// The packet that was parsed again: `key` outlives the view. Pipeline fields stay, and so do
  /// those of the tunnel and the packet's mark.
  void Rebase(const FlowKey& key);
  /// The key in its marked bits, all else zero. in_port is always there.
  void CopyMarkedKey(FlowKey* out);
  /// Everything marked so far goes into the translation's mask.
  void Flush();

  struct State {
    const FlowKey* received;
    MatchKey present, written;
    FrameTags tags;
    std::array<uint32_t, kWords> pending;
    uint64_t pending_words;
    uint8_t labels, pushed_labels, received_labels_gone;
    bool packet_written, inner_unknown, labels_touched, tos_unsure;
  };
  void Save(State* state);
  void Restore(const State& state);

  /// For trace and packet-ins: pipeline fields, which need no marking.
  const PipelineFields& pipeline() const { return present_.pipeline; }
  /// The tunnel lines as they are now; marks them whole.
  const FlowKey& ReadTunnel();

 private:
  template <typename T>
  static T Take(const T& value, T* mask) {
    std::memset(static_cast<void*>(mask), 0xff, sizeof(T));
    return value;
  }
  static uint8_t Octet(const MacAddress& mac, MacAddress* mask, size_t index, uint8_t bits) {
    mask->octets[index] |= bits;
    return mac.octets[index] & bits;
  }
  uint8_t Byte(size_t offset, uint8_t bits) {
    marks_.bytes()[offset] |= bits;
    return present_.bytes()[offset] & bits;
  }
  uint16_t Tci(size_t index, uint16_t bits);
  void MarkTag(size_t depth, Be16 tpid, Be16 tci);
  void ShowTags();
  void TouchLabels();
  void HideInner();
  void WriteBytes(size_t offset, size_t count, const uint8_t* value, const uint8_t* mask);

  static constexpr size_t kLinesBeforeTunnel = offsetof(FlowKey, tun_id) / kLineBytes;

  const FlowKey* received_;
  FlowMask& mask_;
  MatchKey present_;
  MatchKey written_;  // bits of present_ that do not come from received_
  MatchKey marks_;    // bits of present_ that were read since Flush()
  FrameTags tags_;
  std::array<uint32_t, kWords> pending_{};
  uint64_t pending_words_ = 0;
  size_t marked_lines_ = kFlowKeyLines;  // of the packet; behind them reads mark nothing
  bool marking_ = true;
  bool packet_written_ = false;
  bool labels_touched_ = false;
  bool inner_unknown_ = false;
  bool tos_unsure_ = false;
  bool hid_ports_ = false;
  uint8_t labels_ = 0;  // entries of present_.packet.mpls that stand for something
  uint8_t pushed_labels_ = 0;
  uint8_t received_labels_gone_ = 0;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_FIELD_VIEW_H_
