// SPDX-License-Identifier: Apache-2.0
//
// OXM and NXM fields as they stand on the wire, one at a time (1.3 section 7.2.3.2): a header of 4
// bytes (class, field, has-mask, length), 8 with an experimenter's id, then the value and perhaps a
// mask. Within message/ only; parts.h has what other rooms need.
#ifndef VSW_OFPROTO_MESSAGE_FIELD_WIRE_H_
#define VSW_OFPROTO_MESSAGE_FIELD_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ofproto/error.h"
#include "ofproto/match/fields.h"
#include "ofproto/match/match_fields.h"
#include "ofproto/message/messages.h"
#include "ofproto/message/wire.h"

namespace vsw {

/// A header as read.
struct FieldHeader {
  uint16_t wire_class = 0;
  uint8_t number = 0;
  bool has_mask = false;
  uint32_t experimenter = 0;
  size_t payload_bytes = 0;  // of value and mask, without an experimenter's id

  std::optional<FieldId> field;  // none: not known
  bool length_fits = false;      // payload_bytes is what the field has (or 0, in a list of fields)
  size_t value_bytes() const { return has_mask ? payload_bytes / 2 : payload_bytes; }
};

/// The mask of the whole field. Of NXM_OF_IP_TOS's 8 bits that is the upper 6; the lower ones are
/// those of another field.
FieldValue FieldOnes(FieldId id);

/// How many bytes a value of the field has; of a tunnel option, whose length varies, the most.
size_t FieldWireBytes(FieldId id);
/// How many bytes these values are written in: a tunnel option goes without its leading zeros, in
/// whole words, unless `has_mask` and the mask has ones there.
size_t FieldWireBytes(FieldId id, const FieldValue& value, const FieldValue* mask);

/// kBadMatchLength if there is no whole header.
OfResult<FieldHeader> ReadFieldHeader(Reader* in);

/// Which numbers a field is given: NXM where the field has both, or OXM as of a version.
struct FieldNaming {
  bool nxm = false;
  OfVersion version = OfVersion::k13;
};
void WriteFieldHeader(FieldId id, bool has_mask, FieldNaming naming, Writer* out);
/// Bytes that WriteFieldHeader() writes: 4 or 8.
size_t FieldHeaderBytes(FieldId id, FieldNaming naming);

/// The last 16 of `bytes` bytes; no field has more. `*cut`: there were others before, not zero.
FieldValue ReadFieldValue(Reader* in, size_t bytes, bool* cut = nullptr);
void WriteFieldValue(const FieldValue& value, size_t bytes, Writer* out);

/// A field with its value, and its mask if `mask` is not all ones.
void WriteField(FieldId id, const FieldValue& value, const FieldValue& mask, FieldNaming naming,
                Writer* out);

/// In an action: kBadSetType for an unknown field, kBadSetLength for a wrong length.
OfResult<FieldId> ReadActionField(Reader* in);
/// Field and range: kBadSetLength if the bits are not within the field.
OfResult<Subfield> MakeSubfield(FieldId id, uint32_t offset, uint32_t bits);
/// `ofs_nbits` of the Nicira extensions: offset << 6 | (bits - 1).
OfResult<Subfield> MakeSubfield(FieldId id, uint16_t offset_and_bits);
uint16_t PackOffsetAndBits(const Subfield& subfield);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_FIELD_WIRE_H_
