// SPDX-License-Identifier: Apache-2.0
//
// Port statistics (1.0 section 5.3.5, 1.3 section 7.3.5.6, 1.4 section 7.3.5.6).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kPortStatsMultipart = 4;
constexpr uint16_t kEthernetProperty = 0;
constexpr uint64_t kNotKept = ~uint64_t{0};

void PutCounters(const PortStats& port, Writer* out) {
  for (const uint64_t counter :
       {port.rx_packets, port.tx_packets, port.rx_bytes, port.tx_bytes, port.rx_dropped,
        port.tx_dropped, port.rx_errors, port.tx_errors}) {
    out->U64(counter);
  }
}

// Frame alignment errors, overruns, CRC errors, collisions.
void PutEthernetCounters(Writer* out) {
  for (int i = 0; i < 4; ++i) out->U64(kNotKept);
}

void PutStats14(const PortStats& port, Writer* out) {
  const size_t start = out->size();
  out->U16(0);
  out->Zeros(2);
  out->U32(port.port);
  PutDuration(port.duration_ns, out);
  PutCounters(port, out);
  const size_t property = BeginProperty(kEthernetProperty, out);
  out->Zeros(4);
  PutEthernetCounters(out);
  EndProperty(property, out);
  out->PatchU16(start, static_cast<uint16_t>(out->size() - start));
}

}  // namespace

OfStatus DecodePortStatsRequest(const DecodeContext& context, Reader* in, Request* out) {
  uint32_t port = 0;
  if (context.version() == k10) {
    const OfResult<uint32_t> port10 = PortFrom10(in->U16());
    if (!port10.ok()) return port10.status();
    port = *port10;
    in->Skip(6);
  } else {
    port = in->U32();
    in->Skip(4);
  }
  out->body = msg::PortStatsRequest{port};
  return {};
}

std::vector<Bytes> EncodePortStats(OfVersion version, uint32_t xid,
                                   std::span<const PortStats> ports) {
  MultipartReply reply(version, xid, {kPortStatsMultipart});
  for (const PortStats& port : ports) {
    Writer entry;
    if (version >= k14) {
      PutStats14(port, &entry);
    } else {
      PutPort(version, port.port, &entry);
      entry.Zeros(version == k10 ? 6 : 4);
      PutCounters(port, &entry);
      PutEthernetCounters(&entry);
      if (version >= k13) PutDuration(port.duration_ns, &entry);
    }
    reply.Add(entry);
  }
  return reply.Finish();
}

}  // namespace vsw
