// SPDX-License-Identifier: Apache-2.0
#include "cli/value.h"

#include <charconv>
#include <limits>
#include <set>

#include "base/net_types.h"
#include "base/status.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace vsw::cli {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Fields that people know in hexadecimal, and their digits.
struct HexField {
  std::string_view name;
  int digits;
};
constexpr HexField kHexFields[] = {{"dpid", 16}, {"qinq_ethertype", 4}};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    parts.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

absl::StatusOr<uint32_t> ParseVlan(std::string_view text) {
  VSW_ASSIGN_OR_RETURN(const uint64_t vlan, ParseNumber(text));
  if (vlan > kMaxVlan)
    return InvalidArgument("{} is no VLAN: they go from 0 to {}", vlan, kMaxVlan);
  return static_cast<uint32_t>(vlan);
}

// "PortType" -> "PORT_TYPE_", the prefix of its enumerators.
std::string EnumPrefix(const EnumDescriptor* type) {
  std::string prefix;
  for (const char c : type->name()) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !prefix.empty()) prefix += '_';
    prefix += upper ? c : static_cast<char>(c - 'a' + 'A');
  }
  return prefix + "_";
}

absl::Status SetEnum(std::string_view text, const FieldDescriptor* field, Message* message) {
  const EnumDescriptor* type = field->enum_type();
  for (int i = 0; i < type->value_count(); ++i) {
    if (EnumText(type->value(i)) != text) continue;
    message->GetReflection()->SetEnum(message, field, type->value(i));
    return absl::OkStatus();
  }
  return InvalidArgument("'{}' is none of {}", text, fmt::join(EnumTexts(type), ", "));
}

std::string NumberText(uint64_t value, const FieldDescriptor* field) {
  for (const HexField& hex : kHexFields) {
    if (hex.name == field->name()) return fmt::format("0x{:0{}x}", value, hex.digits);
  }
  return std::to_string(value);
}

std::string ListText(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    std::string text;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      text += (i == 0 ? "" : ",") + reflection->GetRepeatedString(message, field, i);
    }
    return text;
  }
  std::vector<uint32_t> values;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    values.push_back(reflection->GetRepeatedUInt32(message, field, i));
  }
  return FormatVlanList(std::move(values));
}

}  // namespace

absl::StatusOr<uint64_t> ParseNumber(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  if (!hex && digits.size() > 1 && digits.front() == '0') {
    return InvalidArgument("'{0}' starts with 0: write 0x{0} for a hexadecimal number", text);
  }
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error == std::errc::result_out_of_range) {
    return InvalidArgument("'{}' does not fit into 64 bits", text);
  }
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return InvalidArgument("'{}' is no number (decimal, or hexadecimal after 0x)", text);
  }
  return value;
}

absl::StatusOr<std::vector<uint32_t>> ParseVlanList(std::string_view text) {
  std::set<uint32_t> vlans;
  for (const std::string_view part : Split(text, ',')) {
    const size_t dash = part.find('-');
    VSW_ASSIGN_OR_RETURN(const uint32_t first, ParseVlan(part.substr(0, dash)));
    uint32_t last = first;
    if (dash != std::string_view::npos) {
      VSW_ASSIGN_OR_RETURN(last, ParseVlan(part.substr(dash + 1)));
    }
    if (last < first) return InvalidArgument("the range '{}' ends before it starts", part);
    for (uint32_t vlan = first; vlan <= last; ++vlan) vlans.insert(vlan);
  }
  return std::vector<uint32_t>(vlans.begin(), vlans.end());
}

std::string FormatVlanList(std::vector<uint32_t> vlans) {
  std::string text;
  for (size_t i = 0; i < vlans.size();) {
    size_t last = i;
    while (last + 1 < vlans.size() && vlans[last + 1] == vlans[last] + 1) ++last;
    if (last < i + 2) last = i;
    if (!text.empty()) text += ',';
    text += std::to_string(vlans[i]);
    if (last > i) text += fmt::format("-{}", vlans[last]);
    i = last + 1;
  }
  return text;
}

std::string EnumText(const EnumValueDescriptor* value) {
  const std::string prefix = EnumPrefix(value->type());
  std::string text = value->name();
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  if (text == "UNSPECIFIED") return "";
  for (char& c : text) {
    if (c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::vector<std::string> EnumTexts(const EnumDescriptor* type) {
  std::vector<std::string> texts;
  for (int i = 0; i < type->value_count(); ++i) {
    if (std::string text = EnumText(type->value(i)); !text.empty()) texts.push_back(text);
  }
  return texts;
}

absl::Status SetField(std::string_view text, const FieldDescriptor* field, Message* message) {
  const auto* reflection = message->GetReflection();
  reflection->ClearField(message, field);
  if (text.empty()) return absl::OkStatus();
  if (field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    for (const std::string_view part : Split(text, ',')) {
      reflection->AddString(message, field, std::string(part));
    }
    return absl::OkStatus();
  }
  if (field->is_repeated()) {
    VSW_ASSIGN_OR_RETURN(const std::vector<uint32_t> vlans, ParseVlanList(text));
    for (const uint32_t vlan : vlans) reflection->AddUInt32(message, field, vlan);
    return absl::OkStatus();
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(text, field, message);
    case FieldDescriptor::CPPTYPE_UINT64: {
      VSW_ASSIGN_OR_RETURN(const uint64_t value, ParseNumber(text));
      reflection->SetUInt64(message, field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      VSW_ASSIGN_OR_RETURN(const uint64_t value, ParseNumber(text));
      if (value > std::numeric_limits<uint32_t>::max()) {
        return InvalidArgument("'{}' is too large", text);
      }
      reflection->SetUInt32(message, field, static_cast<uint32_t>(value));
      return absl::OkStatus();
    }
    default:
      VSW_CHECK(field->cpp_type() == FieldDescriptor::CPPTYPE_STRING);
      reflection->SetString(message, field, std::string(text));
      return absl::OkStatus();
  }
}

std::string FieldText(const Message& message, const FieldDescriptor* field, bool show_zero) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) return ListText(message, field);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumValueDescriptor* value = reflection->GetEnum(message, field);
      return value->number() == 0 && !show_zero ? "" : EnumText(value);
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const uint64_t value = reflection->GetUInt64(message, field);
      return value == 0 && !show_zero ? "" : NumberText(value, field);
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const uint32_t value = reflection->GetUInt32(message, field);
      return value == 0 && !show_zero ? "" : NumberText(value, field);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    default:
      VSW_CHECK(field->cpp_type() == FieldDescriptor::CPPTYPE_STRING);
      return reflection->GetString(message, field);
  }
}

}  // namespace vsw::cli
