// SPDX-License-Identifier: Apache-2.0
#include "ofproto/error.h"

#include <array>

namespace vsw {
namespace {

struct Text {
  std::string_view name, meaning;
};
constexpr std::array<Text, static_cast<size_t>(OfErrorId::kCount)> kTexts = {{
#define VSW_OF_ERROR_TEXT(id, name, meaning) {name, meaning},
    VSW_OF_ERRORS(VSW_OF_ERROR_TEXT)
#undef VSW_OF_ERROR_TEXT
}};

}  // namespace

std::string_view OfErrorName(OfErrorId id) { return kTexts[static_cast<size_t>(id)].name; }
std::string_view OfErrorMeaning(OfErrorId id) { return kTexts[static_cast<size_t>(id)].meaning; }

std::string OfStatus::ToString() const {
  if (ok()) return "ok";
  std::string text =
      std::string(OfErrorName(*id_)) + " (" + std::string(OfErrorMeaning(*id_)) + ")";
  return detail_.empty() ? text : text + ": " + detail_;
}

}  // namespace vsw
