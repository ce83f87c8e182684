// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "base/log.h"
#include "ofproto/message/wire.h"

namespace vsw::ofconn {
namespace {

// Bytes read and requests handled before other connections get their turn.
constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kBatch = 128;
// How long a peer may take to read why it is refused.
constexpr uint64_t kClosingNs = 1'000'000'000;
constexpr uint8_t kHelloType = 0, kMultipartType = 18;

uint8_t HighestOf(uint32_t versions) {
  uint8_t highest = 0;
  for (uint8_t version = 1; version < 32; ++version) {
    if ((versions >> version & 1) != 0) highest = version;
  }
  return highest;
}

std::string VersionsText(uint32_t versions) {
  std::string text;
  for (uint32_t version = 1; version < 32; ++version) {
    if ((versions >> version & 1) == 0) continue;
    text += text.empty() ? "" : ", ";
    text += version == 1 ? "1.0" : fmt::format("1.{}", version - 1);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

Connection::Connection(Settings settings, std::unique_ptr<Stream> stream,
                       std::shared_ptr<BridgeHub> hub, Poller* poller, uint64_t now_ns)
    : settings_(std::move(settings)),
      stream_(std::move(stream)),
      hub_(std::move(hub)),
      poller_(poller),
      outbox_(std::make_shared<Outbox>([poller, id = settings_.id] { poller->NoteOutput(id); })),
      since_ns_(now_ns),
      started_ns_(now_ns),
      liveness_(settings_.probe_ns, now_ns) {
  dialect_.version = static_cast<OfVersion>(HighestOf(settings_.versions));
  poller_->Add(stream_->fd(), interest_, this);
}

Connection::~Connection() {
  Close("the switch ends the connection");
  if (session_ != nullptr) {
    hub_->RunOnSlowThread([this] { hub_->Leave(session_.get()); });
  }
}

void Connection::Enter(State state, uint64_t now_ns) {
  state_ = state;
  since_ns_ = now_ns;
}

void Connection::Close(const std::string& reason) {
  if (state_ == State::kClosed) return;
  VSW_LOG_DEBUG("OpenFlow connection {} ends: {}", name(), reason);
  if (reason_.empty()) reason_ = reason;
  state_ = State::kClosed;
  poller_->Remove(stream_->fd());
}

void Connection::Turn(uint64_t now_ns) {
  ready_ = false;
  if (state_ == State::kOpening) Open(now_ns);
  if (state_ != State::kClosed && outbox_->overrun()) Close("does not read what it asked for");
  // Room first: what was held up may go on.
  Write(now_ns);
  Read(now_ns);
  TakeMessages(now_ns);
  HandleBatch(now_ns);
  Write(now_ns);
  if (state_ == State::kClosing) FinishClosing();
  if (peer_done_ && state_ != State::kClosed && inbox_.empty() && !framer_.has_message() &&
      !has_output()) {
    Close("closed by the peer");
  }
  if (!held_up_ && (!inbox_.empty() || framer_.has_message())) ready_ = true;
  UpdateInterest();
}

void Connection::Open(uint64_t now_ns) {
  switch (stream_->Open()) {
    case IoResult::kWouldBlock:
      return;
    case IoResult::kDone:
      Enter(State::kHello, now_ns);
      outbox_->Add(Outbox::Kind::kReply, EncodeHello(settings_.versions));
      return;
    case IoResult::kClosed:
      return Close("closed by the peer");
    case IoResult::kFailed:
      return Close(stream_->error());
  }
}

// The peer's bytes are not read while there are requests of it to handle, so that what it may make
// us hold is bounded.
bool Connection::MayRead() const {
  if (state_ == State::kClosing) return !peer_done_;
  return (state_ == State::kHello || state_ == State::kRunning) && !peer_done_ && !held_up_ &&
         inbox_.empty() && !framer_.has_message();
}

void Connection::Read(uint64_t now_ns) {
  thread_local std::array<uint8_t, kReadBytes> buffer;
  for (size_t total = 0; MayRead() && total < kReadBytes;) {
    size_t count = 0;
    switch (stream_->Read(buffer, &count)) {
      case IoResult::kDone:
        total += count;
        liveness_.Sign(now_ns);
        if (state_ != State::kClosing) framer_.Append(std::span(buffer).first(count));
        break;
      case IoResult::kWouldBlock:
        return;
      case IoResult::kClosed:
        peer_done_ = true;
        return;
      case IoResult::kFailed:
        return Close(stream_->error());
    }
  }
}

void Connection::Write(uint64_t now_ns) {
  while (state_ != State::kOpening && state_ != State::kClosed) {
    if (sent_ == sending_.size()) {
      sending_ = outbox_->Take();
      sent_ = 0;
      if (sending_.empty()) break;
    }
    size_t count = 0;
    const IoResult result = stream_->Write(std::span(sending_).subspan(sent_), &count);
    if (result == IoResult::kWouldBlock) {
      write_blocked_ = true;
      break;
    }
    if (result == IoResult::kClosed) return Close("closed by the peer");
    if (result == IoResult::kFailed) return Close(stream_->error());
    // Bytes that go out after they had to wait show that somebody reads.
    if (std::exchange(write_blocked_, false)) liveness_.Sign(now_ns);
    sent_ += count;
    outbox_->Sent(count);
  }
  if (outbox_->queued() <= Outbox::kEmptyEnough) held_up_ = false;
  if (session_ != nullptr && session_->waits_for_drain() && !has_output() &&
      state_ == State::kRunning) {
    hub_->RunOnSlowThread([this] { session_->OnDrained(); });
    ready_ = true;
  }
}

void Connection::TakeMessages(uint64_t now_ns) {
  while (inbox_.size() < kBatch && (state_ == State::kHello || state_ == State::kRunning)) {
    const auto message = framer_.Next();
    if (!message.has_value()) {
      if (!framer_.broken()) return;
      return Refuse({OfErrorId::kBadLength, "message shorter than its header"}, framer_.Front(64),
                    now_ns);
    }
    ++messages_in_;
    if (state_ == State::kHello) {
      TakeHello(*message, now_ns);
    } else {
      TakeMessage(*message, now_ns);
    }
  }
}

void Connection::Refuse(const OfStatus& status, std::span<const uint8_t> message, uint64_t now_ns) {
  const uint32_t xid = message.size() < kOfHeaderBytes ? 0 : ReadHeader(message).xid;
  // What came before it is answered before it.
  HandleBatch(now_ns);
  inbox_.clear();
  outbox_->Add(Outbox::Kind::kReply, EncodeError(dialect_.version, status, xid, message));
  reason_ = status.ToString();
  Enter(State::kClosing, now_ns);
}

void Connection::TakeHello(std::span<const uint8_t> message, uint64_t now_ns) {
  const OfHeader header = ReadHeader(message);
  if (header.type != kHelloType) {
    return Refuse({OfErrorId::kHelloIncompatible, "the first message was not a hello"}, message,
                  now_ns);
  }
  OfResult<Request> hello = DecodeRequest(dialect_, message);
  if (!hello.ok()) return Refuse(hello.status(), message, now_ns);
  const uint32_t offered = std::get<msg::Hello>(hello->body).versions;
  const uint8_t version = HighestOf(offered & settings_.versions);
  if (version == 0) {
    return Refuse({OfErrorId::kHelloIncompatible,
                   fmt::format("we speak OpenFlow {}, you speak {}",
                               VersionsText(settings_.versions), VersionsText(offered))},
                  message, now_ns);
  }
  dialect_.version = static_cast<OfVersion>(version);
  Session::Settings settings = settings_.session;
  settings.version = dialect_.version;
  session_ = std::make_shared<Session>(hub_, outbox_, std::move(settings));
  hub_->RunOnSlowThread([this] { hub_->Join(session_); });
  Enter(State::kRunning, now_ns);
}

void Connection::TakeMessage(std::span<const uint8_t> message, uint64_t now_ns) {
  const OfHeader header = ReadHeader(message);
  constexpr uint8_t kLastImmutable = 3;  // hello, error, echo: the same in all versions
  if (header.version != static_cast<uint8_t>(dialect_.version) && header.type > kLastImmutable) {
    return Refuse({OfErrorId::kBadVersion, "not the version that was agreed on"}, message, now_ns);
  }
  Inbound inbound = Decode(message, now_ns);
  if (inbound.request.has_value() || !inbound.error.ok()) inbox_.push_back(std::move(inbound));
}

Inbound Connection::Decode(std::span<const uint8_t> message, uint64_t now_ns) {
  Inbound inbound;
  inbound.quote = Quote(message);
  const OfHeader header = ReadHeader(message);
  inbound.xid = header.xid;
  const bool multipart = header.type == kMultipartType && dialect_.version >= OfVersion::k13;
  OfResult<Request> request = DecodeRequest(dialect_, message);
  if (!request.ok()) {
    if (multipart) multiparts_.GiveUp(header.xid);
    inbound.error = request.status();
    return inbound;
  }
  if (const auto* setting = std::get_if<msg::SetFlowModTableId>(&request->body)) {
    dialect_.flow_mod_table_id = setting->enabled;
  }
  if (!multipart) {
    inbound.request = std::move(*request);
    return inbound;
  }
  OfResult<std::optional<Request>> whole = multiparts_.Add(std::move(*request), now_ns);
  if (whole.ok()) {
    inbound.request = std::move(*whole);
  } else {
    inbound.error = whole.status();
  }
  return inbound;
}

void Connection::HandleBatch(uint64_t now_ns) {
  if (inbox_.empty() || state_ != State::kRunning) return;
  size_t handled = 0;
  if (!outbox_->full()) {
    hub_->RunOnSlowThread([&] { handled = session_->Handle(inbox_, now_ns); });
  }
  inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<ptrdiff_t>(handled));
  held_up_ = outbox_->full();
}

void Connection::FinishClosing() {
  if (!has_output() && !shut_) {
    // Not closed yet: unread bytes of the peer would make the kernel throw away what we sent.
    shut_ = true;
    shutdown(stream_->fd(), SHUT_WR);
  }
  if (peer_done_ && shut_) Close(reason_);
}

void Connection::Tick(uint64_t now_ns) {
  switch (state_) {
    case State::kOpening:
    case State::kHello:
      if (now_ns - started_ns_ >= settings_.hello_timeout_ns) {
        Close(state_ == State::kOpening ? "no connection in time" : "no hello in time");
      }
      return;
    case State::kClosing:
      if (now_ns - since_ns_ >= kClosingNs) Close(reason_);
      return;
    case State::kRunning:
      break;
    case State::kClosed:
      return;
  }
  ExpireMultiparts(now_ns);
  if (session_->has_bundles()) {
    hub_->RunOnSlowThread([&] { session_->Expire(now_ns); });
  }
  CheckLiveness(now_ns);
  if (has_output() || session_->waits_for_drain()) ready_ = true;
}

void Connection::ExpireMultiparts(uint64_t now_ns) {
  for (const OfHeader& header : multiparts_.TakeExpired(now_ns)) {
    Writer quoted;
    quoted.U8(header.version);
    quoted.U8(header.type);
    quoted.U16(header.length);
    quoted.U32(header.xid);
    outbox_->Add(Outbox::Kind::kReply, EncodeError(dialect_.version, OfErrorId::kMultipartTimeout,
                                                   header.xid, quoted.bytes()));
  }
}

void Connection::CheckLiveness(uint64_t now_ns) {
  switch (liveness_.Check(now_ns)) {
    case Liveness::Verdict::kFine:
      return;
    case Liveness::Verdict::kProbe:
      outbox_->Add(Outbox::Kind::kReply, EncodeEcho(dialect_.version, false, 0, {}));
      return;
    case Liveness::Verdict::kDead:
      return Close("no answer to an echo request");
  }
}

void Connection::UpdateInterest() {
  if (state_ == State::kClosed) return;
  const bool sends = state_ != State::kOpening && has_output();
  uint32_t wanted = 0;
  if (MayRead() || stream_->wants_read()) wanted |= EPOLLIN;
  if (sends || stream_->wants_write()) wanted |= EPOLLOUT;
  if (wanted == interest_) return;
  interest_ = wanted;
  poller_->Change(stream_->fd(), wanted, this);
}

}  // namespace vsw::ofconn
