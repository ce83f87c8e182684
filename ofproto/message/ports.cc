// SPDX-License-Identifier: Apache-2.0
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint16_t kMax10 = 0xff00;       // OFPP_MAX of 1.0: ordinary ports are below it
constexpr uint16_t kReserved10 = 0xfff7;  // the first of the reserved ones

}  // namespace

OfResult<uint32_t> PortFrom10(uint16_t port) {
  if (port < kMax10) return uint32_t{port};
  if (port < kReserved10) return OfErrorId::kBadOutPort;
  return 0xffff0000 | port;
}

uint16_t PortTo10(uint32_t port) {
  if (port < kMax10) return static_cast<uint16_t>(port);
  return port >= kOfpUnset ? static_cast<uint16_t>(port) : 0xffff;
}

}  // namespace vsw
