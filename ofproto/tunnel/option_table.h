// SPDX-License-Identifier: Apache-2.0
//
// A bridge's TLV table (Nicira's NXT_TLV_TABLE_MOD): which Geneve option each of tun_metadata0...
// stands for. Rules may use a field only while it is mapped, and it stays mapped while they do.
//
// A mapping's data must fit the field: up to 16 bytes in tun_metadata0..3, up to 4 bytes in
// tun_metadata4..19; there are no others.
//
// Thread safety: the slow thread alone; what workers read is a copy (Map()).
#ifndef VSW_OFPROTO_TUNNEL_OPTION_TABLE_H_
#define VSW_OFPROTO_TUNNEL_OPTION_TABLE_H_

#include <cstdint>
#include <vector>

#include "datapath/flow/tunnel_facts.h"
#include "ofproto/action/actions.h"
#include "ofproto/error.h"
#include "ofproto/match/match.h"
#include "ofproto/message/messages.h"

namespace vsw {

class OptionTable {
 public:
  /// All of it or nothing. `used`: bit N says that a rule or group uses tun_metadataN.
  OfStatus Modify(const TlvTableMod& mod, uint64_t used);

  /// By index.
  const std::vector<TlvMapping>& mappings() const { return mappings_; }
  TunnelOptionMap Map() const;

  /// kInvalidTlvField: a field that is not mapped, or a value that its option has no room for.
  OfStatus Check(const Match& match) const;
  OfStatus Check(const OfActions& actions) const;

 private:
  OfStatus Add(const TlvMapping& mapping);
  const TlvMapping* Find(FieldId field) const;
  bool Fits(FieldId field, const FieldValue& value) const;

  std::vector<TlvMapping> mappings_;
};

/// Bit N: tun_metadataN is used.
uint64_t TunnelOptionsIn(const Match& match);
uint64_t TunnelOptionsIn(const OfActions& actions);
uint64_t TunnelOptionsIn(const Instructions& instructions);

}  // namespace vsw

#endif  // VSW_OFPROTO_TUNNEL_OPTION_TABLE_H_
