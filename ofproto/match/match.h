// SPDX-License-Identifier: Apache-2.0
//
// What a rule matches: values and a mask over them. Bits outside the mask are zero in the values,
// so that equal matches are equal byte by byte.
#ifndef VSW_OFPROTO_MATCH_MATCH_H_
#define VSW_OFPROTO_MATCH_MATCH_H_

#include "ofproto/error.h"
#include "ofproto/match/fields.h"
#include "ofproto/match/match_key.h"

namespace vsw {

struct Match {
  MatchKey value;
  MatchKey mask;

  /// Adds an exact or masked field, replacing what was there in those bits.
  void Set(FieldId id, const FieldValue& field_value);
  void SetMasked(FieldId id, const FieldValue& field_value, const FieldValue& field_mask);

  bool Matches(const MatchKey& key) const;
  /// Some packet could match both.
  bool Overlaps(const Match& other) const;
  /// Every packet that matches this one matches `wider` too (OpenFlow 1.3 section 6.4, non-strict).
  bool IsWithin(const Match& wider) const;
  bool operator==(const Match&) const = default;
};

/// Whether a packet that matches `match` is sure to have the field (OpenFlow 1.3 section 7.2.3.6).
bool MeetsPrerequisite(const Match& match, FieldId id);
/// kBadPrerequisite, kBadMatchValue, ...: fields without what they require.
OfStatus CheckMatch(const Match& match);

}  // namespace vsw

#endif  // VSW_OFPROTO_MATCH_MATCH_H_
