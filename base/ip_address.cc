// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <arpa/inet.h>

#include <charconv>

namespace vsw {

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address = FromV4Octets(0, 0, 0, 0);
  if (inet_pton(AF_INET, copy.c_str(), address.octets.data() + 12) == 1) return address;
  if (inet_pton(AF_INET6, copy.c_str(), address.octets.data()) == 1) return address;
  return std::nullopt;
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets[12] == 127;
  IpAddress one;
  one.octets[15] = 1;
  return *this == one;
}

std::string IpAddress::ToString() const {
  if (is_unset()) return "";
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes(), text, sizeof(text));
  return text;
}

std::optional<IpPrefix> IpPrefix::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto most = static_cast<uint8_t>(address->size() * 8);
  if (slash == std::string_view::npos) return IpPrefix{*address, most};
  const std::string_view digits = text.substr(slash + 1);
  uint8_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length > most) {
    return std::nullopt;
  }
  return IpPrefix{*address, length};
}

bool IpPrefix::Contains(const IpAddress& other) const {
  if (address.is_v4() != other.is_v4()) return false;
  const size_t whole = length / 8;
  if (std::memcmp(address.bytes(), other.bytes(), whole) != 0) return false;
  if (length % 8 == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - length % 8));
  return ((address.bytes()[whole] ^ other.bytes()[whole]) & mask) == 0;
}

std::string IpPrefix::ToString() const { return address.ToString() + "/" + std::to_string(length); }

}  // namespace vsw
