// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/link_choice.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "ofproto/message/messages.h"
#include "ofproto/translate/field_actions.h"
#include "ofproto/translate/output.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/tags.h"

namespace vsw {
namespace {

// NX_HASH_FIELDS_*.
enum HashFields : uint16_t {
  kEthSrcOnly = 0,
  kSymmetricL4 = 1,
  kSymmetricL3L4 = 2,
  kSymmetricL3L4Udp = 3,
  kNwSrcOnly = 4,
  kNwDstOnly = 5,
  kSymmetricL3 = 6,
};
// NX_MP_ALG_*.
enum Algorithm : uint16_t { kModuloN = 0, kHashThreshold = 1, kHrw = 2, kIterHash = 3 };

constexpr uint32_t kNoPortChosen = 0xffff;  // OFPP_NONE of OpenFlow 1.0
constexpr uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd;

uint64_t Mix(uint64_t hash, uint64_t value) {
  return internal::MixTag(hash ^ internal::MixTag(value + 0x9e3779b97f4a7c15ULL));
}

uint64_t ValueHash(const FieldValue& value) {
  uint64_t hash = 0;
  for (size_t i = 0; i < value.octets.size(); i += 8) {
    uint64_t part = 0;
    for (size_t j = 0; j < 8; ++j) part = part << 8 | value.octets[i + j];
    hash = Mix(hash, part);
  }
  return hash;
}

class FieldHasher {
 public:
  FieldHasher(FieldView& view, uint64_t basis) : view_(view), hash_(internal::MixTag(basis)) {}

  void Add(FieldId field) { hash_ = Mix(hash_, ValueHash(view_.Read(field))); }
  /// The same for a packet and for its answer.
  void AddPair(FieldId a, FieldId b) {
    hash_ = Mix(hash_, ValueHash(view_.Read(a)) + ValueHash(view_.Read(b)));
  }
  void AddEthernet() {
    AddPair(FieldId::kEthSrc, FieldId::kEthDst);
    hash_ = Mix(hash_, view_.present_eth_type());
    FrameTag tag;
    if (view_.tags().Outer(view_, &tag)) hash_ = Mix(hash_, ToInt(tag.vlan(view_)));
  }
  void AddAddresses() {
    const uint16_t type = view_.present_eth_type();
    if (type == kTypeIpv4) AddPair(FieldId::kIpv4Src, FieldId::kIpv4Dst);
    if (type == kTypeIpv6) AddPair(FieldId::kIpv6Src, FieldId::kIpv6Dst);
  }
  void AddPorts(bool udp) {
    if (!view_.is_ip()) return;
    hash_ = Mix(hash_, view_.ip_proto());
    if (view_.Has(FieldId::kTcpSrc)) AddPair(FieldId::kTcpSrc, FieldId::kTcpDst);
    if (view_.Has(FieldId::kSctpSrc)) AddPair(FieldId::kSctpSrc, FieldId::kSctpDst);
    if (udp && view_.Has(FieldId::kUdpSrc)) AddPair(FieldId::kUdpSrc, FieldId::kUdpDst);
  }
  void AddAddress(FieldId ipv4, FieldId ipv6) {
    const uint16_t type = view_.present_eth_type();
    if (type == kTypeIpv4) Add(ipv4);
    if (type == kTypeIpv6) Add(ipv6);
  }
  uint32_t Get() const { return static_cast<uint32_t>(hash_ ^ hash_ >> 32); }

 private:
  FieldView& view_;
  uint64_t hash_;
};

uint32_t HashOfKind(FieldView& view, uint16_t fields, uint16_t basis) {
  FieldHasher hasher(view, basis);
  switch (fields) {
    case kEthSrcOnly:
      hasher.Add(FieldId::kEthSrc);
      break;
    case kSymmetricL4:
      hasher.AddEthernet();
      hasher.AddAddresses();
      hasher.AddPorts(/*udp=*/false);
      break;
    case kSymmetricL3L4:
    case kSymmetricL3L4Udp:
      hasher.AddAddresses();
      hasher.AddPorts(fields == kSymmetricL3L4Udp);
      break;
    case kNwSrcOnly:
      hasher.AddAddress(FieldId::kIpv4Src, FieldId::kIpv6Src);
      break;
    case kNwDstOnly:
      hasher.AddAddress(FieldId::kIpv4Dst, FieldId::kIpv6Dst);
      break;
    case kSymmetricL3:
      hasher.AddAddresses();
      break;
    default:
      break;
  }
  return hasher.Get();
}

uint32_t HighestWeight(uint32_t hash, uint32_t links) {
  uint32_t best = 0, best_weight = 0;
  for (uint32_t link = 0; link < links; ++link) {
    const uint32_t weight = MixHash(hash, link);
    if (link > 0 && weight <= best_weight) continue;
    best = link;
    best_weight = weight;
  }
  return best;
}

// Draws until a number fits, so that links beyond those in use can be added without moving others.
uint32_t Iterate(uint32_t hash, uint32_t links, uint32_t argument) {
  constexpr uint32_t kMostDraws = 1024;
  const uint32_t range = std::bit_ceil(std::clamp(argument, links, 1u << 16));
  for (uint32_t draw = 0; draw < kMostDraws; ++draw) {
    const uint32_t link = MixHash(hash, draw) & (range - 1);
    if (link < links) return link;
  }
  return hash % links;
}

uint32_t LinkOf(uint32_t hash, const act::Multipath& action) {
  const uint32_t links = action.max_link + 1u;
  switch (action.algorithm) {
    case kHashThreshold:
      return links == 1 ? 0 : hash / (std::numeric_limits<uint32_t>::max() / links + 1);
    case kHrw:
      return HighestWeight(hash, links);
    case kIterHash:
      return Iterate(hash, links, action.argument);
    case kModuloN:
    default:
      return hash % links;
  }
}

bool IsLive(TranslationContext& context, uint32_t port) {
  const PortRules* rules = context.stay.bridge->FindOfPort(port);
  context.DependOn(rules == nullptr ? FloodTag(context.stay.bridge->id) : PortTag(rules->number));
  return rules != nullptr && context.IsLive(*rules);
}

// The port's number, or kNoPortChosen.
uint32_t ChosenPort(TranslationContext& context, const act::Bundle& action) {
  if (action.active_backup) {
    for (const uint32_t port : action.ports) {
      if (IsLive(context, port)) return port;
    }
    return kNoPortChosen;
  }
  const uint32_t hash = HashOfKind(context.view, action.fields, action.basis);
  uint32_t best = kNoPortChosen, best_weight = 0;
  for (uint32_t i = 0; i < action.ports.size(); ++i) {
    const uint32_t weight = MixHash(hash, i);
    if (best != kNoPortChosen && weight <= best_weight) continue;
    if (!IsLive(context, action.ports[i])) continue;
    best = action.ports[i];
    best_weight = weight;
  }
  return best;
}

}  // namespace

uint32_t MixHash(uint32_t hash, uint32_t value) {
  return static_cast<uint32_t>(Mix(hash, value) >> 16);
}

uint32_t HashOfFields(TranslationContext& context, std::span<const FieldId> fields,
                      uint64_t basis) {
  FieldHasher hasher(context.view, basis);
  for (const FieldId field : fields) {
    if (context.view.Has(field)) hasher.Add(field);
  }
  return hasher.Get();
}

void ChooseLink(TranslationContext& context, const act::Multipath& action) {
  if (!ParseAgain(context)) return;
  const uint32_t hash = HashOfKind(context.view, action.fields, action.basis);
  WriteSubfield(context, action.destination, FieldValue::OfU64(LinkOf(hash, action)));
}

void ChoosePort(TranslationContext& context, const act::Bundle& action) {
  if (!ParseAgain(context)) return;
  const uint32_t port = ChosenPort(context, action);
  if (action.destination.has_value()) {
    WriteSubfield(context, *action.destination, FieldValue::OfU64(port));
  } else if (port != kNoPortChosen) {
    Output(context, port, 0);
  } else {
    context.Drop(DropReason::kNoLiveBucket);
  }
}

}  // namespace vsw
