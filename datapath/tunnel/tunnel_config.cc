// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/tunnel_config.h"

#include <algorithm>
#include <charconv>

#include "base/status.h"

namespace vsw {
namespace {

using Options = std::map<std::string, std::string>;

constexpr uint64_t kMaxVni = 0xffffff;
constexpr uint64_t kMaxGreKey = 0xffffffff;
constexpr uint64_t kMinMtu = 68;
constexpr uint64_t kMaxMtu = 65535;

// Reads options by name; the first one that is wrong decides the status.
class Reader {
 public:
  explicit Reader(const Options& options) : options_(options) {}
  const absl::Status& status() const { return status_; }

  const std::string* Find(const std::string& name) const {
    const auto found = options_.find(name);
    return found == options_.end() ? nullptr : &found->second;
  }
  bool Is(const std::string& name, std::string_view word) const {
    const std::string* text = Find(name);
    return text != nullptr && *text == word;
  }

  std::optional<uint64_t> Number(const std::string& name, uint64_t least, uint64_t most) {
    const std::string* text = Find(name);
    if (text == nullptr) return std::nullopt;
    std::string_view digits = *text;
    const int base = digits.starts_with("0x") ? 16 : 10;
    if (base == 16) digits.remove_prefix(2);
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size() || value < least ||
        value > most) {
      Fail(InvalidArgument("option {}={}: must be a number from {} to {}", name, *text, least,
                           most));
    }
    return value;
  }

  bool Bool(const std::string& name, bool otherwise) {
    const std::string* text = Find(name);
    if (text == nullptr) return otherwise;
    if (*text != "true" && *text != "false") {
      Fail(InvalidArgument("option {}={}: must be true or false", name, *text));
    }
    return *text == "true";
  }

  IpAddress Address(const std::string& name) {
    const std::string* text = Find(name);
    return text == nullptr ? IpAddress{} : ParseAddress(name, *text);
  }
  std::vector<IpAddress> Addresses(const std::string& name) {
    std::vector<IpAddress> addresses;
    const std::string* text = Find(name);
    for (size_t start = 0; text != nullptr && start <= text->size();) {
      const size_t end = std::min(text->find(',', start), text->size());
      addresses.push_back(ParseAddress(name, text->substr(start, end - start)));
      start = end + 1;
    }
    return addresses;
  }

  MacAddress Mac(const std::string& name) {
    const std::string* text = Find(name);
    if (text == nullptr) return {};
    const std::optional<MacAddress> mac = MacAddress::Parse(*text);
    if (!mac) {
      Fail(InvalidArgument("option {}={}: must be an address such as 02:00:00:00:00:01", name,
                           *text));
    }
    return mac.value_or(MacAddress{});
  }

  void Fail(absl::Status status) { status_.Update(std::move(status)); }

 private:
  IpAddress ParseAddress(const std::string& name, const std::string& text) {
    const std::optional<IpAddress> address = IpAddress::Parse(text);
    if (!address || address->is_any() || address->is_multicast()) {
      Fail(InvalidArgument("option {}={}: must be a unicast address, IPv4 or IPv6", name, text));
    }
    return address.value_or(IpAddress{});
  }

  const Options& options_;
  absl::Status status_;
};

void ReadEnds(Reader* reader, TunnelFacts* facts) {
  facts->remote_is_flow = reader->Is("remote", "flow");
  facts->local_is_flow = reader->Is("local", "flow");
  if (!facts->local_is_flow) facts->local = reader->Address("local");
  if (reader->Find("remotes") != nullptr && reader->Find("remote") != nullptr) {
    return reader->Fail(InvalidArgument("remote and remotes: give one of them"));
  }
  if (!facts->remote_is_flow) facts->remotes = reader->Addresses("remote");
  if (reader->Find("remotes") != nullptr) facts->remotes = reader->Addresses("remotes");
  if (!facts->remote_is_flow && facts->remotes.empty()) {
    return reader->Fail(
        InvalidArgument("a tunnel needs the option remote: the address of the "
                        "other end, or flow"));
  }
  for (const IpAddress& remote : facts->remotes) {
    if (!facts->local.is_unset() && remote.is_v4() != facts->local.is_v4()) {
      reader->Fail(InvalidArgument("option local={}: is not of the family of remote {}",
                                   facts->local.ToString(), remote.ToString()));
    }
    if (remote == facts->local) {
      reader->Fail(InvalidArgument("option remote={}: is the local address", remote.ToString()));
    }
  }
}

// `name`: in_key or out_key; without it key counts.
void ReadKey(Reader* reader, const std::string& name, TunnelKind kind, bool* is_flow,
             std::optional<uint64_t>* key) {
  const std::string source = reader->Find(name) != nullptr ? name : "key";
  *is_flow = reader->Is(source, "flow");
  if (*is_flow) return;
  *key = reader->Number(source, 0, kind == TunnelKind::kGre ? kMaxGreKey : kMaxVni);
  if (!key->has_value() && kind != TunnelKind::kGre) *key = 0;
}

std::optional<uint8_t> InheritOr(Reader* reader, const std::string& name, uint8_t least,
                                 uint8_t otherwise) {
  if (reader->Is(name, "inherit")) return std::nullopt;
  return static_cast<uint8_t>(reader->Number(name, least, 255).value_or(otherwise));
}

void ReadBfd(Reader* reader, BfdFacts* bfd) {
  bfd->enabled = reader->Bool("bfd", false);
  bfd->min_rx_ms = static_cast<uint32_t>(reader->Number("bfd_min_rx", 1, 60'000).value_or(1000));
  bfd->min_tx_ms = static_cast<uint32_t>(reader->Number("bfd_min_tx", 1, 60'000).value_or(100));
  bfd->mult = static_cast<uint8_t>(reader->Number("bfd_mult", 1, 255).value_or(3));
  bfd->source_ip = reader->Address("bfd_src_ip");
  bfd->destination_ip = reader->Address("bfd_dst_ip");
  bfd->local_source_mac = reader->Mac("bfd_local_src_mac");
  bfd->local_destination_mac = reader->Mac("bfd_local_dst_mac");
  bfd->remote_destination_mac = reader->Mac("bfd_remote_dst_mac");
}

}  // namespace

TunnelKind TunnelKindOf(std::string_view port_kind) {
  for (const TunnelKind kind : {TunnelKind::kVxlan, TunnelKind::kGeneve, TunnelKind::kGre}) {
    if (port_kind == TunnelKindName(kind)) return kind;
  }
  return TunnelKind::kNone;
}

const char* TunnelKindName(TunnelKind kind) {
  switch (kind) {
    case TunnelKind::kNone:
      return "none";
    case TunnelKind::kVxlan:
      return "vxlan";
    case TunnelKind::kGeneve:
      return "geneve";
    case TunnelKind::kGre:
      return "gre";
  }
  return "none";
}

absl::StatusOr<TunnelConfig> ParseTunnelOptions(TunnelKind kind, const Options& options) {
  TunnelConfig config;
  TunnelFacts& facts = config.facts;
  Reader reader(options);
  facts.kind = kind;
  ReadEnds(&reader, &facts);
  ReadKey(&reader, "in_key", kind, &facts.in_key_is_flow, &facts.in_key);
  ReadKey(&reader, "out_key", kind, &facts.out_key_is_flow, &facts.out_key);
  if (kind != TunnelKind::kGre) {
    const uint16_t standard = kind == TunnelKind::kVxlan ? kVxlanPort : kGenevePort;
    facts.udp_port =
        static_cast<uint16_t>(reader.Number("dst_port", 1, UINT16_MAX).value_or(standard));
  }
  facts.gbp = reader.Bool("gbp", false);
  facts.tos = InheritOr(&reader, "tos", 0, 0);
  facts.ttl = InheritOr(&reader, "ttl", 1, kDefaultTunnelTtl);
  ReadBfd(&reader, &facts.bfd);
  config.dont_fragment = reader.Bool("df", true);
  config.checksum = reader.Bool("csum", false);
  config.mtu = static_cast<uint32_t>(reader.Number("mtu", kMinMtu, kMaxMtu).value_or(0));
  config.up = !reader.Is("admin-state", "down");
  VSW_RETURN_IF_ERROR(reader.status());
  return config;
}

}  // namespace vsw
