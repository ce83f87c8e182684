// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>

#include "base/mac_address.h"
#include "base/status.h"
#include "ofproto/text/words.h"

namespace vsw {
namespace {

struct Flag {
  std::string_view name;
  uint32_t bit;
};
constexpr Flag kTcpFlags[] = {{"fin", 1},  {"syn", 2},     {"rst", 4},      {"psh", 8},
                              {"ack", 16}, {"urg", 32},    {"ece", 64},     {"cwr", 128},
                              {"ns", 256}, {"[200]", 512}, {"[400]", 1024}, {"[800]", 2048}};
constexpr Flag kCtFlags[] = {{"new", 1},  {"est", 2},  {"rel", 4},   {"rpl", 8},
                             {"inv", 16}, {"trk", 32}, {"snat", 64}, {"dnat", 128}};
constexpr Flag kTunFlags[] = {{"oam", 1}};

struct FragName {
  std::string_view name;
  uint8_t value, mask;
};
constexpr FragName kFragNames[] = {
    {"no", 0, 3}, {"yes", 1, 1}, {"first", 1, 3}, {"later", 3, 3}, {"not_later", 0, 2}};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

absl::Status Bad(const FieldInfo& field, std::string_view text, const char* wanted) {
  return InvalidArgument("{}: {} is not {}", field.name, std::string(text), wanted);
}

std::span<const Flag> FlagsOf(FieldFormat format) {
  if (format == FieldFormat::kTcpFlags) return kTcpFlags;
  if (format == FieldFormat::kCtState) return kCtFlags;
  return kTunFlags;
}

bool IsFlags(FieldFormat format) {
  return format == FieldFormat::kTcpFlags || format == FieldFormat::kCtState ||
         format == FieldFormat::kTunnelFlags;
}

const Flag* FindFlag(const FieldInfo& field, std::string_view name) {
  const auto flags = FlagsOf(field.format);
  const auto flag = std::ranges::find(flags, Lower(name), &Flag::name);
  return flag == flags.end() ? nullptr : &*flag;
}

// "+syn-ack": those flags alone.
absl::StatusOr<MaskedValue> ParseSignedFlags(const FieldInfo& field, std::string_view text) {
  uint32_t value = 0, mask = 0;
  while (!text.empty()) {
    const char sign = text.front();
    text.remove_prefix(1);
    const std::string_view name = text.substr(0, text.find_first_of("+-"));
    text.remove_prefix(name.size());
    const Flag* flag = FindFlag(field, name);
    if (flag == nullptr) return Bad(field, name, "a flag");
    if ((mask & flag->bit) != 0) return Bad(field, name, "given once");
    mask |= flag->bit;
    if (sign == '+') value |= flag->bit;
  }
  return MaskedValue{FieldValue::OfU64(value), FieldValue::OfU64(mask)};
}

// "syn|ack": those and no others. Nothing: it is no list of flags.
std::optional<FieldValue> ParseFlagList(const FieldInfo& field, std::string_view text) {
  uint32_t value = 0;
  while (true) {
    const std::string_view name = text.substr(0, text.find('|'));
    const Flag* flag = FindFlag(field, name);
    if (flag == nullptr) return std::nullopt;
    value |= flag->bit;
    if (name.size() == text.size()) return FieldValue::OfU64(value);
    text.remove_prefix(name.size() + 1);
  }
}

absl::StatusOr<FieldValue> ParseMac(const FieldInfo& field, std::string_view text) {
  // An octet may have one digit: 0:1:2:3:4:5.
  uint64_t mac = 0;
  std::string_view rest = text;
  for (int i = 0; i < 6; ++i) {
    const std::string_view digits = rest.substr(0, i < 5 ? rest.find(':') : rest.size());
    const auto octet = digits.size() <= 2 ? ParseHexDigits(digits) : std::nullopt;
    if (!octet || (i < 5 && digits.size() == rest.size())) {
      return Bad(field, text, "an Ethernet address");
    }
    mac = mac << 8 | *octet;
    rest.remove_prefix(std::min(digits.size() + 1, rest.size()));
  }
  return FieldValue::OfU64(mac);
}

absl::StatusOr<FieldValue> ParseIp(const FieldInfo& field, std::string_view text) {
  FieldValue value;
  if (field.format == FieldFormat::kIpv4) {
    if (inet_pton(AF_INET, std::string(text).c_str(), value.octets.data() + 12) == 1) return value;
    return Bad(field, text, "an IPv4 address");
  }
  if (inet_pton(AF_INET6, std::string(text).c_str(), value.octets.data()) == 1) return value;
  return Bad(field, text, "an IPv6 address");
}

absl::StatusOr<FieldValue> ParseHexWide(const FieldInfo& field, std::string_view text) {
  FieldValue value;
  std::string digits(text.starts_with("0x") ? text.substr(2) : std::string_view());
  if (digits.empty() || digits.size() > 32 ||
      digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return Bad(field, text, "a number");
  }
  digits.insert(0, 32 - digits.size(), '0');
  for (size_t i = 0; i < 16; ++i) {
    value.octets[i] = static_cast<uint8_t>(*ParseHexDigits(digits.substr(2 * i, 2)));
  }
  return value;
}

absl::StatusOr<FieldValue> ParsePortValue(const FieldInfo& field, std::string_view text,
                                          const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const uint32_t port, ParsePort(text, ports));
  // In 16 bits, reserved ports are numbered from 0xff00.
  return FieldValue::OfU64(field.bits <= 16 && port >= kOfpMax ? port & 0xffff : port);
}

// "(name space,type)". Nothing: it is no such pair.
std::optional<FieldValue> ParsePacketType(std::string_view text) {
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos || !text.starts_with('(') || !text.ends_with(')')) {
    return std::nullopt;
  }
  const auto space = ParseNumber(text.substr(1, comma - 1), 0xffff);
  const auto type = ParseNumber(text.substr(comma + 1, text.size() - comma - 2), 0xffff);
  if (!space || !type) return std::nullopt;
  return FieldValue::OfU64(*space << 16 | *type);
}

absl::StatusOr<FieldValue> ParseAnyWidth(const FieldInfo& field, std::string_view text,
                                         const PortNames* ports) {
  switch (field.format) {
    case FieldFormat::kMac:
      if (text.find(':') != std::string_view::npos) return ParseMac(field, text);
      break;
    case FieldFormat::kIpv4:
      if (text.find('.') != std::string_view::npos) return ParseIp(field, text);
      break;
    case FieldFormat::kIpv6:
      if (text.find(':') != std::string_view::npos) return ParseIp(field, text);
      break;
    case FieldFormat::kPort:
      return ParsePortValue(field, text, ports);
    case FieldFormat::kPacketType:
      if (const auto type = ParsePacketType(text)) return *type;
      break;
    case FieldFormat::kTcpFlags:
    case FieldFormat::kTunnelFlags:
    case FieldFormat::kCtState:
      if (const auto flags = ParseFlagList(field, text)) return *flags;
      break;
    default:
      break;
  }
  if (const auto number = ParseNumber(text)) return FieldValue::OfU64(*number);
  if (field.bits > 64) return ParseHexWide(field, text);
  return Bad(field, text, "a value");
}

absl::StatusOr<FieldValue> ParseOne(const FieldInfo& field, std::string_view text,
                                    const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const FieldValue value, ParseAnyWidth(field, text, ports));
  const FieldValue ones = FieldValue::Ones(field.bits);
  for (size_t i = 0; i < value.octets.size(); ++i) {
    if ((value.octets[i] & ~ones.octets[i]) != 0) return Bad(field, text, "within its width");
  }
  return value;
}

// "/8" of an address.
bool ParsePrefixLength(const FieldInfo& field, std::string_view text, FieldValue* mask) {
  if (field.format != FieldFormat::kIpv4 && field.format != FieldFormat::kIpv6) return false;
  const auto bits = ParseNumber(text, field.bits);
  if (!bits) return false;
  *mask = FieldValue();
  const size_t first = 128 - field.bits;
  for (size_t i = first; i < first + *bits; ++i) {
    mask->octets[i / 8] |= static_cast<uint8_t>(0x80 >> i % 8);
  }
  return true;
}

int PrefixLength(const FieldInfo& field, const FieldValue& mask) {
  const size_t first = 128 - field.bits;
  size_t i = first;
  while (i < 128 && (mask.octets[i / 8] & 0x80 >> i % 8) != 0) ++i;
  for (size_t j = i; j < 128; ++j) {
    if ((mask.octets[j / 8] & 0x80 >> j % 8) != 0) return -1;
  }
  return static_cast<int>(i - first);
}

std::string FormatIp(const FieldInfo& field, const FieldValue& value) {
  char text[INET6_ADDRSTRLEN];
  if (field.format == FieldFormat::kIpv4) {
    return inet_ntop(AF_INET, value.octets.data() + 12, text, sizeof(text));
  }
  return inet_ntop(AF_INET6, value.octets.data(), text, sizeof(text));
}

std::string FormatFlags(const FieldInfo& field, uint64_t value, uint64_t mask) {
  // "syn|ack" if all of them are matched, else "+syn-ack".
  const bool exact = mask == FieldValue::Ones(field.bits).low64();
  uint64_t unnamed = exact ? value : mask;
  std::string text;
  for (const Flag& flag : FlagsOf(field.format)) {
    if ((unnamed & flag.bit) == 0) continue;
    unnamed &= ~uint64_t{flag.bit};
    if (exact) {
      text += text.empty() ? "" : "|";
    } else {
      text += (value & flag.bit) != 0 ? "+" : "-";
    }
    text += flag.name;
  }
  if (unnamed == 0 && !text.empty()) return text;
  const std::string number = FormatHex(FieldValue::OfU64(value));
  return exact ? number : number + "/" + FormatHex(FieldValue::OfU64(mask));
}

std::string FormatPortValue(const FieldInfo& field, uint64_t port, const PortNames* ports) {
  const bool reserved = field.bits <= 16 && port >= 0xff00;
  return FormatPort(static_cast<uint32_t>(reserved ? port | 0xffff0000 : port), ports);
}

}  // namespace

std::string FormatMac(const FieldValue& value) {
  return MacAddress::FromU64(value.low64()).ToString();
}

std::string FormatHex(const FieldValue& value) {
  std::string text;
  for (const uint8_t octet : value.octets) {
    text += text.empty() ? (octet == 0 ? "" : fmt::format("{:x}", octet))
                         : fmt::format("{:02x}", octet);
  }
  // As printf's %#x, which gives a zero no prefix.
  return text.empty() ? "0" : "0x" + text;
}

absl::StatusOr<MaskedValue> ParseMaskedValue(const FieldInfo& field, std::string_view text,
                                             const PortNames* ports) {
  if (text == "*") return MaskedValue{};
  if (field.format == FieldFormat::kFrag) {
    for (const FragName& known : kFragNames) {
      if (known.name == text) {
        return MaskedValue{FieldValue::OfU64(known.value), FieldValue::OfU64(known.mask)};
      }
    }
  }
  if (IsFlags(field.format) && !text.empty() && (text.front() == '+' || text.front() == '-')) {
    return ParseSignedFlags(field, text);
  }
  const size_t slash = text.find('/');
  MaskedValue result;
  VSW_ASSIGN_OR_RETURN(result.value, ParseOne(field, text.substr(0, slash), ports));
  if (slash == std::string_view::npos) {
    result.mask = FieldValue::Ones(field.bits);
    return result;
  }
  const std::string_view mask = text.substr(slash + 1);
  if (!ParsePrefixLength(field, mask, &result.mask)) {
    if (mask == "-1") {
      result.mask = FieldValue::Ones(field.bits);
    } else {
      VSW_ASSIGN_OR_RETURN(result.mask, ParseOne(field, mask, nullptr));
    }
  }
  for (size_t i = 0; i < result.value.octets.size(); ++i) {
    result.value.octets[i] &= result.mask.octets[i];
  }
  return result;
}

std::string FormatFieldValue(FieldId id, const FieldValue& value, const PortNames* ports) {
  const FieldInfo& field = Describe(id);
  switch (field.format) {
    case FieldFormat::kDecimal:
      return std::to_string(value.low64());
    case FieldFormat::kMac:
      return FormatMac(value);
    case FieldFormat::kIpv4:
    case FieldFormat::kIpv6:
      return FormatIp(field, value);
    case FieldFormat::kPort:
      return FormatPortValue(field, value.low64(), ports);
    case FieldFormat::kPacketType:
      return fmt::format("({},{})", value.low64() >> 16,
                         FormatHex(FieldValue::OfU64(value.low64() & 0xffff)));
    default:
      return FormatHex(value);
  }
}

std::string FormatMaskedValue(const FieldInfo& field, const FieldValue& value,
                              const FieldValue& mask, const PortNames* ports) {
  if (field.format == FieldFormat::kFrag) {
    for (const FragName& known : kFragNames) {
      if (known.value == value.low64() && known.mask == mask.low64()) {
        return std::string(known.name);
      }
    }
  }
  if (IsFlags(field.format)) return FormatFlags(field, value.low64(), mask.low64());
  if (mask == FieldValue::Ones(field.bits)) return FormatFieldValue(field.id, value, ports);
  const bool address = field.format == FieldFormat::kIpv4 || field.format == FieldFormat::kIpv6;
  if (const int bits = address ? PrefixLength(field, mask) : -1; bits >= 0) {
    return FormatIp(field, value) + "/" + std::to_string(bits);
  }
  if (field.format == FieldFormat::kDecimal) {
    return fmt::format("{}/{:#x}", value.low64(), mask.low64());
  }
  return FormatFieldValue(field.id, value, nullptr) + "/" +
         FormatFieldValue(field.id, mask, nullptr);
}

}  // namespace vsw
