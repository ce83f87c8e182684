// SPDX-License-Identifier: Apache-2.0
//
// ct(...) and nat(...).
#include <arpa/inet.h>

#include "base/status.h"
#include "ofproto/text/action_text.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

constexpr uint16_t kCommit = 1, kForce = 2;
constexpr uint16_t kSrc = 1, kDst = 2, kPersistent = 4, kHash = 8, kRandom = 16;
// Which parts of a range are there, in the order in which they follow.
constexpr uint16_t kIpv4Min = 1, kIpv4Max = 2, kIpv6Min = 4, kIpv6Max = 8, kPortMin = 16,
                   kPortMax = 32;

struct Alg {
  std::string_view name;
  uint16_t port;
};
constexpr Alg kAlgs[] = {{"ftp", 21}, {"tftp", 69}};

void Append16(uint16_t value, std::vector<uint8_t>* out) {
  out->push_back(static_cast<uint8_t>(value >> 8));
  out->push_back(static_cast<uint8_t>(value));
}

// "1.2.3.4-1.2.3.9:5-7", "[fd00::1]-[fd00::2]:80".
absl::Status ParseRange(std::string_view text, act::Nat* nat) {
  const auto bad = [&] { return InvalidArgument("nat: {} is not a range", std::string(text)); };
  std::string_view addresses = text, ports;
  const bool six = text.starts_with('[') || std::count(text.begin(), text.end(), ':') > 1;
  const size_t colon = six ? text.rfind("]:") : text.find(':');
  if (colon != std::string_view::npos) {
    addresses = text.substr(0, six ? colon + 1 : colon);
    ports = text.substr(colon + (six ? 2 : 1));
  }
  uint16_t present = 0;
  std::vector<uint8_t> octets;
  const size_t dash = addresses.find('-');
  for (int i = 0; i < (dash == std::string_view::npos ? 1 : 2); ++i) {
    std::string one(i == 0 ? addresses.substr(0, dash) : addresses.substr(dash + 1));
    if (one.size() > 1 && one.front() == '[' && one.back() == ']') {
      one = one.substr(1, one.size() - 2);
    }
    uint8_t binary[16];
    if (inet_pton(six ? AF_INET6 : AF_INET, one.c_str(), binary) != 1) return bad();
    octets.insert(octets.end(), binary, binary + (six ? 16 : 4));
    present |= six ? (i == 0 ? kIpv6Min : kIpv6Max) : (i == 0 ? kIpv4Min : kIpv4Max);
  }
  if (!ports.empty()) {
    const size_t to = ports.find('-');
    const auto first = ParseNumber(ports.substr(0, to), 0xffff);
    const auto last =
        to == std::string_view::npos ? first : ParseNumber(ports.substr(to + 1), 0xffff);
    if (!first || !last || *last < *first) return bad();
    Append16(static_cast<uint16_t>(*first), &octets);
    present |= kPortMin;
    if (to != std::string_view::npos) {
      Append16(static_cast<uint16_t>(*last), &octets);
      present |= kPortMax;
    }
  }
  nat->range.clear();
  Append16(present, &nat->range);
  nat->range.insert(nat->range.end(), octets.begin(), octets.end());
  return absl::OkStatus();
}

// What ParseRange() made, as text.
std::string FormatRange(const std::vector<uint8_t>& range) {
  if (range.size() < 2) return "";
  const auto present = static_cast<uint16_t>(range[0] << 8 | range[1]);
  size_t at = 2;
  std::string text;
  const auto address = [&](uint16_t bit, int family, size_t bytes) {
    if ((present & bit) == 0 || at + bytes > range.size()) return;
    char one[INET6_ADDRSTRLEN];
    inet_ntop(family, range.data() + at, one, sizeof(one));
    at += bytes;
    const bool bracket = family == AF_INET6 && (present & kPortMin) != 0;
    text += (text.empty() ? "" : "-") + (bracket ? "[" + std::string(one) + "]" : std::string(one));
  };
  address(kIpv4Min, AF_INET, 4);
  address(kIpv4Max, AF_INET, 4);
  address(kIpv6Min, AF_INET6, 16);
  address(kIpv6Max, AF_INET6, 16);
  for (const auto& [bit, lead] : {std::pair(kPortMin, ":"), std::pair(kPortMax, "-")}) {
    if ((present & bit) == 0 || at + 2 > range.size()) continue;
    text += lead + std::to_string(range[at] << 8 | range[at + 1]);
    at += 2;
  }
  return text;
}

absl::Status ParseCtWord(const Word& word, const PortNames* ports, act::Ct* ct) {
  if (word.text == "commit") {
    ct->flags |= kCommit;
  } else if (word.text == "force") {
    ct->flags |= kForce;
  } else if (word.key == "table") {
    VSW_ASSIGN_OR_RETURN(const uint64_t table, NumberOf("ct: table", word.value, 253));
    ct->recirc_table = static_cast<uint8_t>(table);
  } else if (word.key == "zone") {
    if (const auto number = ParseNumber(word.value, 0xffff)) {
      ct->zone = static_cast<uint16_t>(*number);
    } else {
      VSW_ASSIGN_OR_RETURN(const Subfield source, ParseSubfield(word.value));
      ct->zone_source = source;
    }
  } else if (word.key == "alg") {
    for (const Alg& alg : kAlgs) {
      if (alg.name == word.value) ct->alg = alg.port;
    }
    if (ct->alg == 0) {
      return InvalidArgument("ct: {}: unknown alg", std::string(word.value));
    }
  } else if (word.key == "nat") {
    VSW_ASSIGN_OR_RETURN(const act::Nat nat, ParseNat(word));
    ct->exec.push_back(nat);
  } else if (word.key == "exec") {
    VSW_ASSIGN_OR_RETURN(const OfActions actions, ParseActions(word.value, ports));
    ct->exec.insert(ct->exec.end(), actions.begin(), actions.end());
  } else {
    return InvalidArgument("ct: {}: unknown keyword", std::string(word.text));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<act::Nat> ParseNat(const Word& word) {
  act::Nat nat;
  if (!word.parenthesised) return nat;
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(word.value));
  for (const Word& inner : words) {
    if (inner.key == "src" || inner.key == "dst") {
      nat.flags |= inner.key == "src" ? kSrc : kDst;
      if (inner.has_value) VSW_RETURN_IF_ERROR(ParseRange(inner.value, &nat));
    } else if (inner.text == "persistent") {
      nat.flags |= kPersistent;
    } else if (inner.text == "hash") {
      nat.flags |= kHash;
    } else if (inner.text == "random") {
      nat.flags |= kRandom;
    } else {
      return InvalidArgument("nat: {}: unknown keyword", std::string(inner.text));
    }
  }
  if ((nat.flags & (kSrc | kDst)) == (kSrc | kDst)) {
    return InvalidArgument("nat: src and dst exclude each other");
  }
  if (nat.flags != 0 && (nat.flags & (kSrc | kDst)) == 0) {
    return InvalidArgument("nat: {}: needs src or dst", std::string(word.value));
  }
  return nat;
}

std::string FormatNat(const act::Nat& nat) {
  if (nat.flags == 0) return "nat";
  std::string text = (nat.flags & kSrc) != 0 ? "src" : "dst";
  if (const std::string range = FormatRange(nat.range); !range.empty()) text += "=" + range;
  if ((nat.flags & kPersistent) != 0) text += ",persistent";
  if ((nat.flags & kHash) != 0) text += ",hash";
  if ((nat.flags & kRandom) != 0) text += ",random";
  return "nat(" + text + ")";
}

absl::StatusOr<act::Ct> ParseCt(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  act::Ct ct;
  for (const Word& word : words) VSW_RETURN_IF_ERROR(ParseCtWord(word, ports, &ct));
  return ct;
}

std::string FormatCt(const act::Ct& ct, const PortNames* ports) {
  std::string text;
  const auto say = [&text](const std::string& word) { text += (text.empty() ? "" : ",") + word; };
  if ((ct.flags & kCommit) != 0) say("commit");
  if ((ct.flags & kForce) != 0) say("force");
  if (ct.recirc_table != 0xff) say("table=" + std::to_string(ct.recirc_table));
  if (ct.zone_source) {
    say("zone=" + FormatSubfield(*ct.zone_source));
  } else if (ct.zone != 0) {
    say("zone=" + std::to_string(ct.zone));
  }
  OfActions rest;
  for (const OfAction& action : ct.exec) {
    if (const auto* nat = std::get_if<act::Nat>(&action.what)) {
      say(FormatNat(*nat));
    } else {
      rest.push_back(action);
    }
  }
  if (!rest.empty()) say("exec(" + FormatActions(rest, ports) + ")");
  for (const Alg& alg : kAlgs) {
    if (alg.port == ct.alg) say("alg=" + std::string(alg.name));
  }
  return "ct(" + text + ")";
}

}  // namespace vsw
