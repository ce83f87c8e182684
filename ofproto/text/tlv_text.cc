// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/tlv_text.h"

#include <vector>

#include "base/status.h"
#include "fmt/format.h"
#include "ofproto/match/fields.h"
#include "ofproto/text/words.h"

namespace vsw {
namespace {

constexpr uint64_t kWord = 4;

absl::Status CheckRoom(const FieldInfo& field, uint64_t length) {
  const uint64_t room = field.bits / 8u;
  if (length != 0 && length % kWord == 0 && length <= room) return absl::OkStatus();
  return InvalidArgument("len={}: {} takes options of 4..{} bytes, in whole words", length,
                         field.name, room);
}

}  // namespace

absl::StatusOr<TlvMapping> ParseTlvMapping(std::string_view option, std::string_view field) {
  const FieldInfo* info = FindField(field);
  if (info == nullptr || !IsTunnelOption(info->id)) {
    return InvalidArgument("{} is none of tun_metadata0..{}", std::string(field),
                           kTunnelOptionFields - 1);
  }
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(option));
  TlvMapping mapping{.index = TunnelOptionIndex(info->id)};
  bool has_class = false, has_type = false;
  for (const Word& word : words) {
    if (word.key == "class") {
      VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, 0xffff));
      mapping.option_class = static_cast<uint16_t>(number);
      has_class = true;
    } else if (word.key == "type") {
      VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, 0xff));
      mapping.type = static_cast<uint8_t>(number);
      has_type = true;
    } else if (word.key == "len") {
      VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, 0xff));
      mapping.length = static_cast<uint8_t>(number);
    } else {
      return InvalidArgument("{}: known are class, type and len", std::string(word.text));
    }
  }
  if (!has_class || !has_type) {
    return InvalidArgument("write an option as class=0x102,type=0x80,len=4");
  }
  VSW_RETURN_IF_ERROR(CheckRoom(*info, mapping.length));
  return mapping;
}

std::string FormatTlvOption(const TlvMapping& mapping) {
  return fmt::format("class={:#x},type={:#x},len={}", mapping.option_class, mapping.type,
                     mapping.length);
}

}  // namespace vsw
