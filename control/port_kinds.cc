// SPDX-License-Identifier: Apache-2.0
#include "control/port_kinds.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "base/status.h"
#include "control/tunnel_options.h"

namespace vsw::control {
namespace {

using enum OptionType;

// The largest number of queues and ring sizes that the field's devices take.
constexpr int64_t kMaxQueues = 8;
constexpr int64_t kMaxNicQueues = 64;
constexpr int64_t kMinRing = 32;
constexpr int64_t kMaxRing = 32768;

constexpr auto kCommon = std::to_array<OptionSpec>({
    {.name = "mtu", .type = kInteger, .min = 68, .max = 9216},
    {.name = "admin-state", .type = kWord, .words = "up|down"},
});
constexpr auto kTapOptions = std::to_array<OptionSpec>({
    {.name = "mac", .type = kMac},
    {.name = "queues", .type = kInteger, .min = 1, .max = kMaxQueues},
});
constexpr auto kSystemOptions = std::to_array<OptionSpec>({
    {.name = "device", .type = kDevice},
    {.name = "address", .type = kIpPrefixes},
    {.name = "gateway", .type = kGateways},
});
constexpr auto kDpdkOptions = std::to_array<OptionSpec>({
    {.name = "devargs", .type = kDevargs, .required = true},
    {.name = "rxq", .type = kInteger, .min = 1, .max = kMaxNicQueues},
    {.name = "txq", .type = kInteger, .min = 1, .max = kMaxNicQueues},
    {.name = "rxd", .type = kInteger, .min = kMinRing, .max = kMaxRing},
    {.name = "txd", .type = kInteger, .min = kMinRing, .max = kMaxRing},
    {.name = "address", .type = kIpPrefixes},
    {.name = "gateway", .type = kGateways},
});
constexpr auto kVhostOptions = std::to_array<OptionSpec>({
    {.name = "path", .type = kSocketPath, .required = true},
    {.name = "mode", .type = kWord, .words = "server|client"},
    {.name = "queues", .type = kInteger, .min = 1, .max = kMaxQueues},
});
constexpr auto kPatchOptions = std::to_array<OptionSpec>({
    {.name = "peer", .type = kPortName, .required = true},
});

// What all kinds of tunnels have, and behind it what one has of its own.
template <typename... Own>
constexpr auto TunnelOptions(int64_t max_key, const Own&... own) {
  constexpr std::string_view kYesNo = "true|false";
  constexpr int64_t kMaxInterval = 3'600'000;  // of BFD, in ms
  return std::to_array<OptionSpec>({
      {.name = "remote", .type = kIpAddress, .words = "flow"},
      {.name = "remotes", .type = kIpAddresses},
      {.name = "local", .type = kIpAddress, .words = "flow"},
      {.name = "key", .type = kTunnelKey, .max = max_key, .words = "flow"},
      {.name = "in_key", .type = kTunnelKey, .max = max_key, .words = "flow"},
      {.name = "out_key", .type = kTunnelKey, .max = max_key, .words = "flow"},
      {.name = "tos", .type = kInteger, .min = 0, .max = 255, .words = "inherit"},
      {.name = "ttl", .type = kInteger, .min = 1, .max = 255, .words = "inherit"},
      {.name = "df", .type = kWord, .words = kYesNo},
      {.name = "csum", .type = kWord, .words = kYesNo},
      {.name = "bfd", .type = kWord, .words = kYesNo},
      {.name = "bfd_min_rx", .type = kInteger, .min = 1, .max = kMaxInterval},
      {.name = "bfd_min_tx", .type = kInteger, .min = 1, .max = kMaxInterval},
      {.name = "bfd_mult", .type = kInteger, .min = 1, .max = 255},
      {.name = "bfd_src_ip", .type = kIpAddress},
      {.name = "bfd_dst_ip", .type = kIpAddress},
      {.name = "bfd_local_src_mac", .type = kMac},
      {.name = "bfd_local_dst_mac", .type = kMac},
      {.name = "bfd_remote_dst_mac", .type = kMac},
      own...,
  });
}
constexpr int64_t kMaxVni = (1 << 24) - 1;
constexpr int64_t kMaxGreKey = (int64_t{1} << 32) - 1;
constexpr OptionSpec kDstPort = {.name = "dst_port", .type = kInteger, .min = 1, .max = 65535};
constexpr OptionSpec kGroupPolicy = {.name = "gbp", .type = kWord, .words = "true|false"};
constexpr auto kVxlanOptions = TunnelOptions(kMaxVni, kDstPort, kGroupPolicy);
constexpr auto kGeneveOptions = TunnelOptions(kMaxVni, kDstPort);
constexpr auto kGreOptions = TunnelOptions(kMaxGreKey);

constexpr auto kKinds = std::to_array<KindSpec>({
    {db::PortKind::kInternal, true, kTapOptions},
    {db::PortKind::kTap, true, kTapOptions},
    {db::PortKind::kSystem, true, kSystemOptions},
    {db::PortKind::kDpdk, false, kDpdkOptions},
    {db::PortKind::kVhostUser, false, kVhostOptions},
    {db::PortKind::kPatch, false, kPatchOptions},
    {db::PortKind::kVxlan, false, kVxlanOptions},
    {db::PortKind::kGeneve, false, kGeneveOptions},
    {db::PortKind::kGre, false, kGreOptions},
});

std::string OptionOr(const db::PortRecord& port, const std::string& key, std::string otherwise) {
  const auto found = port.options.find(key);
  return found == port.options.end() ? std::move(otherwise) : found->second;
}

bool IsShortPciAddress(const std::string& name) {
  constexpr std::string_view kShape = "xx:xx.x";
  if (name.size() != kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = std::isxdigit(static_cast<unsigned char>(name[i])) != 0;
    if (kShape[i] == 'x' ? !digit : name[i] != kShape[i]) return false;
  }
  return true;
}

// The kernel device that a DPDK driver stands on, or makes: net_af_xdp0,iface=eth1.
void ClaimInterfaces(std::string_view devargs, std::vector<std::string>* claims) {
  constexpr std::string_view kKeys[] = {"iface", "rx_iface", "rx_iface_in", "tx_iface"};
  while (true) {
    const size_t comma = devargs.find(',');
    if (comma == std::string_view::npos) return;
    devargs.remove_prefix(comma + 1);
    const std::string_view pair = devargs.substr(0, devargs.find(','));
    const size_t equals = pair.find('=');
    if (std::ranges::find(kKeys, pair.substr(0, equals)) == std::end(kKeys)) continue;
    if (equals == std::string_view::npos) continue;
    std::string claim = fmt::format("kernel device {}", pair.substr(equals + 1));
    // A capture device may read from and write to the same one.
    if (std::ranges::find(*claims, claim) == claims->end()) claims->push_back(std::move(claim));
  }
}

}  // namespace

const KindSpec& SpecOf(db::PortKind kind) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const KindSpec& spec) { return spec.kind == kind; });
  VSW_CHECK(found != kKinds.end());
  return *found;
}

const OptionSpec* FindOption(const KindSpec& kind, std::string_view name) {
  for (const std::span<const OptionSpec> options :
       {std::span<const OptionSpec>(kCommon), kind.options}) {
    for (const OptionSpec& option : options) {
      if (option.name == name) return &option;
    }
  }
  return nullptr;
}

std::string KnownOptions(const KindSpec& kind) {
  std::string names;
  for (const std::span<const OptionSpec> options :
       {kind.options, std::span<const OptionSpec>(kCommon)}) {
    for (const OptionSpec& option : options) {
      if (!names.empty()) names += ", ";
      names += option.name;
    }
  }
  return names;
}

std::string DpdkDeviceName(const std::string& devargs) {
  std::string name = devargs.substr(0, devargs.find(','));
  if (name.starts_with("pci:")) name = name.substr(4);
  if (name.starts_with("vdev:")) name = name.substr(5);
  if (IsShortPciAddress(name)) name = "0000:" + name;
  if (name.size() == 12 && name[4] == ':') {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  return name;
}

std::vector<std::string> ClaimsOf(const db::PortRecord& port) {
  switch (port.kind) {
    case db::PortKind::kInternal:
    case db::PortKind::kTap:
      return {"kernel device " + port.name};
    case db::PortKind::kSystem:
      return {"kernel device " + OptionOr(port, "device", port.name)};
    case db::PortKind::kDpdk: {
      const std::string devargs = OptionOr(port, "devargs", "");
      std::vector<std::string> claims = {"DPDK device " + DpdkDeviceName(devargs)};
      ClaimInterfaces(devargs, &claims);
      return claims;
    }
    case db::PortKind::kVhostUser:
      return {"socket " +
              std::filesystem::path(OptionOr(port, "path", "")).lexically_normal().string()};
    case db::PortKind::kPatch:
      return {};
    case db::PortKind::kVxlan:
    case db::PortKind::kGeneve:
    case db::PortKind::kGre:
      return ClaimsOfTunnel(port);
  }
  return {};
}

}  // namespace vsw::control
