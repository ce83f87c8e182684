// SPDX-License-Identifier: Apache-2.0
#include "tests/ofproto/connection/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "ofproto/connection/target.h"
#include "ofproto/message/parts.h"

namespace vsw::testing {
namespace {

UniqueFd ConnectTo(const std::string& text) {
  const auto target = ofconn::ParseTarget(text);
  if (!target.ok()) throw std::invalid_argument(target.status().ToString());
  for (int attempt = 0; attempt < 500; ++attempt) {
    UniqueFd fd(socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&target->address),
                target->address_bytes) == 0) {
      return fd;
    }
    usleep(10000);
  }
  throw std::runtime_error("nobody listens on " + text);
}

}  // namespace

Bytes MakeMessage(OfVersion version, uint8_t type, uint32_t xid, std::span<const uint8_t> body) {
  Writer out;
  out.U8(static_cast<uint8_t>(version));
  out.U8(type);
  out.U16(static_cast<uint16_t>(kOfHeaderBytes + body.size()));
  out.U32(xid);
  out.Put(body);
  return out.Release();
}

Bytes MakeMessage(OfVersion version, uint8_t type, uint32_t xid, const Writer& body) {
  return MakeMessage(version, type, xid, body.bytes());
}

namespace {

Bytes FlowModOf(OfVersion version, uint32_t xid, const Match& match, FlowMod::Command command,
                uint8_t table, uint16_t flags) {
  Writer body;
  body.U64(0);
  body.U64(0);
  body.U8(table);
  body.U8(static_cast<uint8_t>(command));
  body.U16(0);
  body.U16(0);
  body.U16(100);
  body.U32(kNoBuffer);
  body.U32(kOfpAny);
  body.U32(kGroupAny);
  body.U16(flags);
  body.Zeros(2);
  EncodeMatch(version, match, &body);
  return MakeMessage(version, type::kFlowMod, xid, body);
}

}  // namespace

Bytes MakeFlowMod(OfVersion version, uint32_t xid, uint64_t metadata, FlowMod::Command command,
                  uint16_t flags) {
  Match match;
  match.Set(FieldId::kMetadata, FieldValue::OfU64(metadata));
  return FlowModOf(version, xid, match, command, 0, flags);
}

Bytes MakeDeleteAll(OfVersion version, uint32_t xid) {
  return FlowModOf(version, xid, Match{}, FlowMod::Command::kDelete, kTableAll, 0);
}

Bytes MakeMultipart(OfVersion version, uint32_t xid, uint16_t type, const Writer& body, bool more) {
  Writer out;
  out.U16(type);
  out.U16(more ? 1 : 0);
  out.Zeros(4);
  out.Put(body.bytes());
  return MakeMessage(version, type::kMultipartRequest, xid, out);
}

Bytes MakeRole(OfVersion version, uint32_t xid, msg::Role role, uint64_t generation) {
  Writer body;
  body.U32(static_cast<uint32_t>(role));
  body.Zeros(4);
  body.U64(generation);
  return MakeMessage(version, type::kRoleRequest, xid, body);
}

Client Client::Unix(const std::string& path) { return Client(ConnectTo("unix:" + path)); }
Client Client::Tcp(const std::string& address_and_port) {
  return Client(ConnectTo("tcp:" + address_and_port));
}

void Client::Send(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the switch has ended the connection: what the tests look at next
    bytes = bytes.subspan(static_cast<size_t>(sent));
  }
}

void Client::Hello(OfVersion version) {
  Send(MakeMessage(version, type::kHello, 1));
  Expect(type::kHello);
}

bool Client::Fill(int timeout_ms) {
  pollfd wait = {.fd = socket_.get(), .events = POLLIN, .revents = 0};
  if (poll(&wait, 1, timeout_ms) <= 0) throw std::runtime_error("the switch says nothing");
  uint8_t chunk[65536];
  const ssize_t got = recv(socket_.get(), chunk, sizeof(chunk), 0);
  if (got <= 0) return false;
  buffer_.insert(buffer_.end(), chunk, chunk + got);
  return true;
}

std::optional<Message> Client::Receive(int timeout_ms) {
  for (;;) {
    if (buffer_.size() >= kOfHeaderBytes) {
      const OfHeader header = ReadHeader(buffer_);
      if (header.length < kOfHeaderBytes) throw std::runtime_error("the switch sends nonsense");
      if (buffer_.size() >= header.length) {
        Message message{header, Bytes(buffer_.begin(), buffer_.begin() + header.length)};
        buffer_.erase(buffer_.begin(), buffer_.begin() + header.length);
        return message;
      }
    }
    if (!Fill(timeout_ms)) return std::nullopt;
  }
}

Message Client::Expect(uint8_t type) {
  for (;;) {
    std::optional<Message> message = Receive();
    if (!message.has_value()) {
      throw std::runtime_error("ended before message type " + std::to_string(type));
    }
    if (message->header.type == type) return std::move(*message);
  }
}

bool Client::Silent(int ms) {
  if (!buffer_.empty()) return false;
  pollfd wait = {.fd = socket_.get(), .events = POLLIN, .revents = 0};
  return poll(&wait, 1, ms) == 0;
}

std::vector<Message> Client::Barrier(OfVersion version) {
  const bool v10 = version == OfVersion::k10;
  constexpr uint32_t kXid = 0xba771e4;
  Send(MakeMessage(version, v10 ? 18 : type::kBarrierRequest, kXid));
  std::vector<Message> before;
  for (;;) {
    std::optional<Message> message = Receive();
    if (!message.has_value()) throw std::runtime_error("ended before the barrier reply");
    if (message->header.type == (v10 ? 19 : type::kBarrierReply) && message->header.xid == kXid) {
      return before;
    }
    before.push_back(std::move(*message));
  }
}

bool Client::Ends(int timeout_ms) {
  try {
    while (Fill(timeout_ms)) buffer_.clear();
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace vsw::testing
