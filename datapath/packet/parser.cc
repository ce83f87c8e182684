// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/parser.h"

#include <rte_mbuf.h>

#include <algorithm>

namespace vsw {
namespace {

constexpr uint16_t kTypeVlan = 0x8100;
constexpr uint16_t kTypeQinq = 0x88a8;
constexpr uint16_t kTypeIpv4 = 0x0800;
constexpr uint16_t kTypeIpv6 = 0x86dd;
constexpr uint16_t kTypeArp = 0x0806;
constexpr uint16_t kTypeRarp = 0x8035;
constexpr uint16_t kTypeMpls = 0x8847;
constexpr uint16_t kTypeMplsMulticast = 0x8848;
constexpr uint16_t kTypeNone = 0x05ff;  // 802.2 without SNAP, as OpenFlow writes it
constexpr uint16_t kFirstEthertype = 0x0600;

constexpr uint8_t kProtoIcmp = 1;
constexpr uint8_t kProtoIgmp = 2;
constexpr uint8_t kProtoTcp = 6;
constexpr uint8_t kProtoUdp = 17;
constexpr uint8_t kProtoIcmpv6 = 58;
constexpr uint8_t kProtoSctp = 132;

// What is left of the frame: moves forward as headers are taken off.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  size_t left() const { return bytes_.size(); }
  const uint8_t* data() const { return bytes_.data(); }
  bool Has(size_t n) const { return bytes_.size() >= n; }
  void Skip(size_t n) { bytes_ = bytes_.subspan(std::min(n, bytes_.size())); }
  void Limit(size_t n) { bytes_ = bytes_.first(std::min(n, bytes_.size())); }
  Be16 Get16(size_t at) const { return Load<Be16>(at); }
  Be32 Get32(size_t at) const { return Load<Be32>(at); }
  uint8_t Get8(size_t at) const { return bytes_[at]; }
  void Copy(size_t at, void* out, size_t n) const { std::memcpy(out, bytes_.data() + at, n); }

 private:
  template <typename T>
  T Load(size_t at) const {
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(value));
    return value;
  }
  std::span<const uint8_t> bytes_;
};

void UseLine(FlowKey* key, uint8_t line) {
  DefineLines(key, line);
  key->lines |= line;
}

bool IsVlanType(uint16_t type) { return type == kTypeVlan || type == kTypeQinq; }

// Up to two tags; false if one is cut short. A third tag stays as eth_type.
bool ParseVlans(Reader* reader, FlowKey* key) {
  for (VlanTag& tag : key->vlan) {
    if (!reader->Has(2) || !IsVlanType(reader->Get16(0).Get())) return true;
    if (!reader->Has(6)) return false;  // the tag and the type behind it
    tag.tpid = reader->Get16(0);
    tag.tci = reader->Get16(2) | Be16::From(kVlanPresent);
    reader->Skip(4);
  }
  return true;
}

// An 802.3 length field leads to LLC; SNAP with a zero OUI carries an Ethernet type (IEEE 802).
Be16 ParseEtherType(Reader* reader) {
  const Be16 type = reader->Get16(0);
  reader->Skip(2);
  if (type.Get() >= kFirstEthertype) return type;
  static constexpr uint8_t kSnap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
  if (!reader->Has(8) || std::memcmp(reader->data(), kSnap, sizeof(kSnap)) != 0) {
    return Be16::From(kTypeNone);
  }
  const Be16 snap_type = reader->Get16(6);
  reader->Skip(8);
  return snap_type.Get() >= kFirstEthertype ? snap_type : Be16::From(kTypeNone);
}

void ParseNeighborDiscovery(Reader reader, FlowKey* key) {
  const uint8_t type = static_cast<uint8_t>(key->l4_src.Get());
  constexpr uint8_t kSolicitation = 135, kAdvertisement = 136;
  if (key->l4_dst.Get() != 0 || (type != kSolicitation && type != kAdvertisement)) return;
  key->nd_reserved = reader.Get32(4);
  if (!reader.Has(24)) return;
  UseLine(key, kLineExtra);
  reader.Copy(8, key->nd_target.data(), 16);
  reader.Skip(24);
  while (reader.Has(8)) {
    const size_t option_bytes = reader.Get8(1) * size_t{8};
    if (option_bytes == 0 || !reader.Has(option_bytes)) return;
    const uint8_t option = reader.Get8(0);
    if (option_bytes == 8 && (option == 1 || option == 2)) {
      MacAddress& address = option == 1 ? key->arp_sha : key->arp_tha;
      if (!address.is_zero()) {
        // The same option twice: nothing of such a message is to be believed.
        key->nd_target.fill(0);
        key->arp_sha = key->arp_tha = {};
        return;
      }
      reader.Copy(2, address.octets.data(), 6);
      if (key->nd_options_type == 0) key->nd_options_type = option;
    }
    reader.Skip(option_bytes);
  }
}

void ParseL4(const Reader& reader, FlowKey* key) {
  switch (key->ip_proto) {
    case kProtoTcp:
      if (!reader.Has(20) || reader.Get8(12) >> 4 < 5) return;
      // A header that says to be longer than the packet: nothing of it is to be believed.
      if (!reader.Has(size_t{4} * (reader.Get8(12) >> 4))) return;
      key->tcp_flags = reader.Get16(12) & Be16::From(0x0fff);
      break;
    case kProtoUdp:
      if (!reader.Has(8)) return;
      break;
    case kProtoSctp:
      if (!reader.Has(12)) return;
      break;
    case kProtoIcmp:
    case kProtoIgmp:
    case kProtoIcmpv6:
      if (!reader.Has(8)) return;
      key->l4_src = Be16::From(reader.Get8(0));
      key->l4_dst = Be16::From(reader.Get8(1));
      return;
    default:
      return;
  }
  key->l4_src = reader.Get16(0);
  key->l4_dst = reader.Get16(2);
}

// `frame_left`: bytes of the frame from here on, padding included.
void ParseIpv4(Reader reader, size_t frame_left, FlowKey* key) {
  if (!reader.Has(20) || reader.Get8(0) >> 4 != 4) return;
  const size_t header_bytes = (reader.Get8(0) & 0xfu) * 4;
  const size_t total_bytes = reader.Get16(2).Get();
  if (header_bytes < 20 || !reader.Has(header_bytes) || total_bytes < header_bytes ||
      total_bytes > frame_left) {
    return;
  }
  key->ipv4_src = reader.Get32(12);
  key->ipv4_dst = reader.Get32(16);
  key->ip_proto = reader.Get8(9);
  key->ip_tos = reader.Get8(1);
  key->ip_ttl = reader.Get8(8);
  const uint16_t fragment = reader.Get16(6).Get();
  if (fragment & 0x3fff) key->ip_frag = kFragAny | ((fragment & 0x1fff) ? kFragLater : 0);
  if (key->ip_frag & kFragLater) return;
  reader.Limit(total_bytes);
  reader.Skip(header_bytes);
  ParseL4(reader, key);
}

// What a packet says of its extension headers (OpenFlow 1.3 section 7.2.3.8, ofp_ipv6exthdr_flags).
class ExtensionHeaders {
 public:
  void Add(uint8_t header) {
    switch (header) {
      case kHopByHop:
        return Note(kHop, first_ ? 0 : kNowhere);
      case kDestination:
        // Options for the nodes on the way stand early, those for the last one at the end.
        return destinations_++ == 0 && last_ < 1 ? Note(kDest, 1) : Note(kDest, 6);
      case kRouting:
        return Note(kRouter, 2);
      case kFragment:
        return Note(kFrag, 3);
      case kAuth:
        return Note(kAuthBit, 4);
      case kEsp:
        return Note(kEspBit, 5);
      case kNoNext:
        bits_ |= kNoNextBit;
        return;
      default:
        return;
    }
  }
  Be16 bits() const { return Be16::From(bits_); }

  static constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kEsp = 50, kAuth = 51,
                           kNoNext = 59, kDestination = 60;

 private:
  static constexpr uint16_t kNoNextBit = 1 << 0, kEspBit = 1 << 1, kAuthBit = 1 << 2,
                            kDest = 1 << 3, kFrag = 1 << 4, kRouter = 1 << 5, kHop = 1 << 6,
                            kRepeated = 1 << 7, kOutOfOrder = 1 << 8;
  static constexpr int kNowhere = -1;

  // `place`: of the header in the order that RFC 8200 section 4.1 recommends.
  void Note(uint16_t bit, int place) {
    const bool repeated = (bits_ & bit) != 0 && (bit != kDest || destinations_ > 2);
    if (repeated) bits_ |= kRepeated;
    if (place < last_ || place == kNowhere) bits_ |= kOutOfOrder;
    bits_ |= bit;
    last_ = std::max(last_, place);
    first_ = false;
  }

  uint16_t bits_ = 0;
  int last_ = 0;
  int destinations_ = 0;
  bool first_ = true;
};

// Walks the extension headers (RFC 8200 section 4); false when one is cut short.
bool SkipIpv6Extensions(Reader* reader, uint8_t* next, uint8_t* ip_frag,
                        ExtensionHeaders* extensions) {
  using E = ExtensionHeaders;
  for (;;) {
    switch (*next) {
      case E::kHopByHop:
      case E::kRouting:
      case E::kDestination:
      case E::kAuth: {
        if (!reader->Has(8)) return false;
        const size_t units = reader->Get8(1);
        const size_t bytes = *next == E::kAuth ? (units + 2) * 4 : (units + 1) * 8;
        if (!reader->Has(bytes)) return false;
        extensions->Add(*next);
        *next = reader->Get8(0);
        reader->Skip(bytes);
        break;
      }
      case E::kFragment: {
        if (!reader->Has(8)) return false;
        extensions->Add(*next);
        const uint16_t fragment = reader->Get16(2).Get();
        if (fragment & 0xfff9) *ip_frag = kFragAny;  // an atomic fragment is none (RFC 6946)
        if (fragment & 0xfff8) {
          // The header names what the first fragment begins with, which need not be a transport:
          // the protocol stays that of fragments, as in Open vSwitch.
          *ip_frag |= kFragLater;
          return true;
        }
        *next = reader->Get8(0);
        reader->Skip(8);
        break;
      }
      default:
        extensions->Add(*next);
        return true;
    }
  }
}

void ParseIpv6(Reader reader, size_t frame_left, FlowKey* key) {
  if (!reader.Has(40) || reader.Get8(0) >> 4 != 6) return;
  const size_t payload_bytes = reader.Get16(4).Get();
  if (payload_bytes + 40 > frame_left) return;
  UseLine(key, kLineIpv6);
  reader.Copy(8, key->ipv6_src.data(), 16);
  reader.Copy(24, key->ipv6_dst.data(), 16);
  key->ipv6_label = reader.Get32(0) & Be32::From(0x000fffff);
  key->ip_tos = static_cast<uint8_t>(reader.Get32(0).Get() >> 20);
  key->ip_ttl = reader.Get8(7);
  uint8_t next = reader.Get8(6);
  uint8_t fragment = 0;
  ExtensionHeaders extensions;
  reader.Limit(40 + payload_bytes);
  reader.Skip(40);
  if (!SkipIpv6Extensions(&reader, &next, &fragment, &extensions)) return;
  key->ipv6_exthdr = extensions.bits();
  key->ip_proto = next;
  key->ip_frag = fragment;
  if (fragment & kFragLater) return;
  ParseL4(reader, key);
  if (next == kProtoIcmpv6 && reader.Has(8)) ParseNeighborDiscovery(reader, key);
}

// RFC 826 for IPv4 over Ethernet; anything else of ARP stays unread.
void ParseArp(const Reader& reader, FlowKey* key) {
  if (!reader.Has(28) || reader.Get16(0).Get() != 1 || reader.Get16(2).Get() != kTypeIpv4 ||
      reader.Get8(4) != 6 || reader.Get8(5) != 4) {
    return;
  }
  UseLine(key, kLineExtra);
  const uint16_t opcode = reader.Get16(6).Get();
  if (opcode <= 0xff) key->ip_proto = static_cast<uint8_t>(opcode);
  key->ipv4_src = reader.Get32(14);
  key->ipv4_dst = reader.Get32(24);
  reader.Copy(8, key->arp_sha.octets.data(), 6);
  reader.Copy(18, key->arp_tha.octets.data(), 6);
}

void ParseMpls(Reader reader, FlowKey* key) {
  if (!reader.Has(4)) return;
  UseLine(key, kLineExtra);
  for (Be32& entry : key->mpls) {
    if (!reader.Has(4)) return;
    entry = reader.Get32(0);
    reader.Skip(4);
    if (entry.Get() & 0x100) return;  // bottom of stack (RFC 3032)
  }
}

void ParseL3(const Reader& reader, size_t frame_left, FlowKey* key) {
  switch (key->eth_type.Get()) {
    case kTypeIpv4:
      return ParseIpv4(reader, frame_left, key);
    case kTypeIpv6:
      return ParseIpv6(reader, frame_left, key);
    case kTypeArp:
    case kTypeRarp:
      return ParseArp(reader, key);
    case kTypeMpls:
    case kTypeMplsMulticast:
      return ParseMpls(reader, key);
    default:
      return;
  }
}

}  // namespace

DropReason ParseFrame(std::span<const uint8_t> bytes, size_t frame_bytes, PortNo in_port,
                      FlowKey* key) {
  std::memset(key->line(0), 0, kLineBytes);
  key->in_port = in_port;
  key->lines = kLineBase;
  Reader reader(bytes);
  if (!reader.Has(14)) return DropReason::kRxMalformed;
  reader.Copy(0, key->eth_dst.octets.data(), 6);
  reader.Copy(6, key->eth_src.octets.data(), 6);
  reader.Skip(12);
  if (!ParseVlans(&reader, key) || !reader.Has(2)) return DropReason::kRxMalformed;
  key->eth_type = ParseEtherType(&reader);
  ParseL3(reader, frame_bytes - (bytes.size() - reader.left()), key);
  return DropReason::kNone;
}

DropReason ParsePacket(const rte_mbuf* packet, PortNo in_port, FlowKey* key) {
  const size_t wanted = std::min<size_t>(packet->pkt_len, kMaxParsedBytes);
  uint8_t gathered[kMaxParsedBytes];
  const uint8_t* bytes = static_cast<const uint8_t*>(
      rte_pktmbuf_read(packet, 0, static_cast<uint32_t>(wanted), gathered));
  if (bytes == nullptr) [[unlikely]]
    return DropReason::kRxMalformed;
  return ParseFrame({bytes, wanted}, packet->pkt_len, in_port, key);
}

}  // namespace vsw
