// SPDX-License-Identifier: Apache-2.0
#include "ofproto/message/frame.h"

#include <algorithm>

#include "ofproto/message/parts.h"

namespace vsw {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint16_t kMore = 1;

}  // namespace

OutMessage::OutMessage(OfVersion version, uint8_t type, uint32_t xid) {
  U8(static_cast<uint8_t>(version));
  U8(type);
  U16(0);
  U32(xid);
}

OutMessage::OutMessage(OfVersion version, uint32_t experimenter, uint32_t subtype, uint32_t xid)
    : OutMessage(version, of_type::kExperimenter, xid) {
  U32(experimenter);
  U32(subtype);
}

Bytes OutMessage::Finish() {
  PatchU16(2, static_cast<uint16_t>(size()));
  return Release();
}

MultipartReply::MultipartReply(OfVersion version, uint32_t xid, MultipartKind kind)
    : version_(version), xid_(xid), kind_(kind) {
  Begin();
}

void MultipartReply::Begin() {
  const bool v10 = version_ == OfVersion::k10;
  OutMessage message(version_, v10 ? of_type::kMultipartReply10 : of_type::kMultipartReply, xid_);
  message.U16(kind_.type);
  message.U16(0);  // flags
  if (!v10) message.Zeros(4);
  if (kind_.type == kMultipartExperimenter) {
    message.U32(kind_.experimenter);
    message.U32(kind_.subtype);
    if (v10) message.Zeros(4);  // Nicira's, so that what follows is aligned
  }
  current_ = message.Release();
  header_bytes_ = current_.size();
}

bool MultipartReply::Add(std::span<const uint8_t> entry) {
  if (header_bytes_ + entry.size() > kMaxMessageBytes) return false;
  if (current_.size() + entry.size() > kMaxMessageBytes) {
    done_.push_back(std::move(current_));
    Begin();
  }
  current_.insert(current_.end(), entry.begin(), entry.end());
  return true;
}

std::vector<Bytes> MultipartReply::Finish() {
  done_.push_back(std::move(current_));
  for (size_t i = 0; i < done_.size(); ++i) {
    Bytes& message = done_[i];
    message[2] = static_cast<uint8_t>(message.size() >> 8);
    message[3] = static_cast<uint8_t>(message.size());
    if (i + 1 < done_.size()) message[11] = kMore;
  }
  return std::move(done_);
}

OfResult<Property> ReadProperty(Reader* in) {
  if (in->left() < 4) return OfStatus(OfErrorId::kBadPropertyLength);
  const uint16_t type = in->U16();
  const size_t length = in->U16();
  if (length < 4) return OfStatus(OfErrorId::kBadPropertyLength);
  const size_t padded = (length + 7) / 8 * 8;
  if (padded - 4 > in->left()) return OfStatus(OfErrorId::kBadPropertyLength);
  const auto whole = in->Take(padded - 4);
  return Property{type, whole.first(length - 4)};
}

size_t BeginProperty(uint16_t type, Writer* out) {
  const size_t start = out->size();
  out->U16(type);
  out->U16(0);
  return start;
}

void EndProperty(size_t start, Writer* out) {
  out->PatchU16(start + 2, static_cast<uint16_t>(out->size() - start));
  out->Align8(start);
}

void PutDuration(uint64_t duration_ns, Writer* out) {
  out->U32(static_cast<uint32_t>(duration_ns / kNsPerSecond));
  out->U32(static_cast<uint32_t>(duration_ns % kNsPerSecond));
}

void PutMac(const MacAddress& mac, Writer* out) { out->Put(mac.octets); }

MacAddress TakeMac(Reader* in) {
  MacAddress mac;
  const auto octets = in->Take(mac.octets.size());
  std::copy(octets.begin(), octets.end(), mac.octets.begin());
  return mac;
}

void PutPort(OfVersion version, uint32_t port, Writer* out) {
  if (version == OfVersion::k10) {
    out->U16(PortTo10(port));
  } else {
    out->U32(port);
  }
}

}  // namespace vsw
