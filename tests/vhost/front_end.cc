// SPDX-License-Identifier: Apache-2.0
#include "tests/vhost/front_end.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "base/status.h"

namespace vsw::vhost {
namespace {

constexpr uint64_t kVringBytes = 0x10000;  // between the rings in memory
constexpr uint64_t kDriverArea = 0x4000, kDeviceArea = 0x8000;
constexpr auto kPatience = std::chrono::seconds(2);

}  // namespace

FrontEnd::FrontEnd(uint64_t features) : features_(features) {
  memory_fd_ = memfd_create("guest", MFD_CLOEXEC);
  VSW_CHECK(memory_fd_ >= 0 && ftruncate(memory_fd_, kMemoryBytes) == 0);
  void* const mapping =
      mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd_, 0);
  VSW_CHECK(mapping != MAP_FAILED);
  memory_ = static_cast<uint8_t*>(mapping);
  for (uint32_t i = 0; i < kVrings; ++i) {
    kick_fds_[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    call_fds_[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wrap_[i] = used_wrap_[i] = true;
  }
}

FrontEnd::~FrontEnd() {
  Disconnect();
  munmap(memory_, kMemoryBytes);
  close(memory_fd_);
  for (uint32_t i = 0; i < kVrings; ++i) {
    close(kick_fds_[i]);
    close(call_fds_[i]);
  }
}

bool FrontEnd::Connect(const std::string& path) {
  Disconnect();
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  do {
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return true;
    Disconnect();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

void FrontEnd::Disconnect() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void FrontEnd::FinishSending() { shutdown(fd_, SHUT_WR); }

bool FrontEnd::WaitClosed() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd poller = {fd_, POLLIN, 0};
    if (poll(&poller, 1, 100) <= 0) continue;
    uint8_t bytes[256];
    if (recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0) return true;
  }
  return false;
}

bool FrontEnd::SendBytes(std::span<const uint8_t> bytes, const std::vector<int>& fds) {
  iovec data = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(16 * sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
  }
  return sendmsg(fd_, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

std::vector<uint8_t> FrontEnd::Encode(const Step& step) {
  std::vector<uint8_t> bytes;
  Append(&bytes, step.request);
  Append(&bytes, uint32_t{1});  // version
  Append(&bytes, static_cast<uint32_t>(step.payload.size()));
  bytes.insert(bytes.end(), step.payload.begin(), step.payload.end());
  return bytes;
}

bool FrontEnd::Send(const Step& step) { return SendBytes(Encode(step), step.fds); }

std::optional<std::vector<uint8_t>> FrontEnd::Receive() {
  pollfd poller = {fd_, POLLIN, 0};
  if (poll(&poller, 1, 2000) != 1) return std::nullopt;
  uint32_t header[3];
  if (recv(fd_, header, sizeof(header), MSG_WAITALL) != sizeof(header)) return std::nullopt;
  std::vector<uint8_t> payload(header[2]);
  if (payload.empty()) return payload;
  if (recv(fd_, payload.data(), payload.size(), MSG_WAITALL) !=
      static_cast<ssize_t>(payload.size())) {
    return std::nullopt;
  }
  return payload;
}

void FrontEnd::Run(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (!Send(step) || (step.has_reply && !Receive())) return;
  }
}

Step FrontEnd::MemTable(uint64_t guest, uint64_t size, uint64_t user, uint64_t offset) {
  return Message(Request::kSetMemTable, {memory_fd_}, uint32_t{1}, uint32_t{0}, guest, size, user,
                 offset);
}

Step FrontEnd::VringAddress(uint32_t vring) {
  const uint64_t base = kUserBase + vring * kVringBytes;
  return Message(Request::kSetVringAddr, {}, vring, uint32_t{0}, base, base + kDeviceArea,
                 base + kDriverArea, uint64_t{0});
}

std::vector<Step> FrontEnd::Handshake(uint16_t pairs) {
  const auto reply = [](Step step) {
    step.has_reply = true;
    return step;
  };
  std::vector<Step> steps;
  steps.push_back(reply(Message(Request::kGetFeatures, {})));
  steps.push_back(reply(Message(Request::kGetProtocolFeatures, {})));
  steps.push_back(Message(Request::kSetProtocolFeatures, {}, kProtocolMq | kProtocolRarp));
  steps.push_back(reply(Message(Request::kGetQueueNum, {})));
  steps.push_back(Message(Request::kSetOwner, {}));
  steps.push_back(Message(Request::kSetFeatures, {}, features_));
  steps.push_back(MemTable(kGuestBase, kMemoryBytes, kUserBase, 0));
  for (uint32_t vring = 0; vring < 2u * pairs; ++vring) {
    steps.push_back(Message(Request::kSetVringNum, {}, vring, uint32_t{kRingSize}));
    steps.push_back(Message(Request::kSetVringBase, {}, vring, uint32_t{packed() ? 0x8000u : 0u}));
    steps.push_back(VringAddress(vring));
    steps.push_back(Message(Request::kSetVringKick, {kick_fds_[vring]}, uint64_t{vring}));
    steps.push_back(Message(Request::kSetVringCall, {call_fds_[vring]}, uint64_t{vring}));
  }
  for (uint32_t vring = 0; vring < 2u * pairs; ++vring) {
    steps.push_back(Message(Request::kSetVringEnable, {}, vring, uint32_t{1}));
  }
  return steps;
}

SplitDescriptor* FrontEnd::split_descriptors(uint32_t vring) {
  return reinterpret_cast<SplitDescriptor*>(memory_ + vring * kVringBytes);
}
SplitAvail* FrontEnd::split_avail(uint32_t vring) {
  return reinterpret_cast<SplitAvail*>(memory_ + vring * kVringBytes + kDriverArea);
}
SplitUsed* FrontEnd::split_used(uint32_t vring) {
  return reinterpret_cast<SplitUsed*>(memory_ + vring * kVringBytes + kDeviceArea);
}
PackedDescriptor* FrontEnd::packed_descriptors(uint32_t vring) {
  return reinterpret_cast<PackedDescriptor*>(memory_ + vring * kVringBytes);
}

void FrontEnd::Offer(uint32_t vring, const std::vector<Buffer>& buffers) {
  if (packed()) {
    OfferPacked(vring, buffers);
  } else {
    OfferSplit(vring, buffers);
  }
}

void FrontEnd::OfferSplit(uint32_t vring, const std::vector<Buffer>& buffers) {
  SplitAvail* const avail = split_avail(vring);
  const uint16_t direction = vring % 2 == 0 ? kDescWrite : 0;
  avail->ring[avail->index % kRingSize] = next_[vring] % kRingSize;
  offered_[vring].push_back({next_[vring] % uint32_t{kRingSize}, 1});
  for (size_t i = 0; i < buffers.size(); ++i) {
    const uint16_t at = next_[vring]++ % kRingSize;
    const uint16_t next = i + 1 < buffers.size() ? kDescNext : 0;
    split_descriptors(vring)[at] = {
        kGuestBase + buffers[i].offset, buffers[i].length,
        static_cast<uint16_t>(direction | next | buffers[i].extra_flags),
        static_cast<uint16_t>(next_[vring] % kRingSize)};
  }
  __atomic_store_n(&avail->index, avail->index + 1, __ATOMIC_RELEASE);
}

void FrontEnd::OfferPacked(uint32_t vring, const std::vector<Buffer>& buffers) {
  const uint16_t direction = vring % 2 == 0 ? kDescWrite : 0;
  const uint16_t id = next_[vring];
  offered_[vring].push_back({id, static_cast<uint16_t>(buffers.size())});
  PackedDescriptor* head = nullptr;
  uint16_t head_flags = 0;
  for (size_t i = 0; i < buffers.size(); ++i) {
    PackedDescriptor& descriptor = packed_descriptors(vring)[next_[vring]];
    const uint16_t flags = static_cast<uint16_t>(direction | buffers[i].extra_flags |
                                                 (i + 1 < buffers.size() ? kDescNext : 0) |
                                                 (wrap_[vring] ? kDescAvail : kDescUsed));
    descriptor.address = kGuestBase + buffers[i].offset;
    descriptor.length = buffers[i].length;
    descriptor.id = id;
    if (i == 0) {
      head = &descriptor;
      head_flags = flags;
    } else {
      descriptor.flags = flags;
    }
    if (++next_[vring] == kRingSize) {
      next_[vring] = 0;
      wrap_[vring] = !wrap_[vring];
    }
  }
  __atomic_store_n(&head->flags, head_flags, __ATOMIC_RELEASE);
}

void FrontEnd::SendFrame(uint32_t vring, std::span<const uint8_t> frame, const NetHeader& header) {
  if (next_buffer_ + sizeof(header) + frame.size() > kMemoryBytes) next_buffer_ = kBufferBase;
  std::memcpy(memory_ + next_buffer_, &header, sizeof(header));
  std::memcpy(memory_ + next_buffer_ + sizeof(header), frame.data(), frame.size());
  Offer(vring, {{next_buffer_, static_cast<uint32_t>(sizeof(header) + frame.size())}});
  next_buffer_ += sizeof(header) + frame.size();
}

// A used entry: of the oldest chain alone, or with in-order use of all up to the one that it names.
// Returns how many entries to go on by. What a test put into the ring by itself is of one each.
uint16_t FrontEnd::TakeBack(uint32_t vring, uint32_t id, uint32_t length,
                            std::vector<uint32_t>* lengths) {
  std::deque<Chain>& offered = offered_[vring];
  uint16_t passed = 0;
  bool more = true;
  ++used_entries_;
  while (more) {
    const Chain chain = offered.empty() ? Chain{id, 1} : offered.front();
    if (!offered.empty()) offered.pop_front();
    passed = static_cast<uint16_t>(passed + chain.descriptors);
    more = (features_ & kFeatureInOrder) && chain.id != id;
    lengths->push_back(more ? 0 : length);
  }
  return passed;
}

std::vector<uint32_t> FrontEnd::TakeUsed(uint32_t vring) {
  std::vector<uint32_t> lengths;
  if (!packed()) {
    SplitUsed* const used = split_used(vring);
    while (used_[vring] != __atomic_load_n(&used->index, __ATOMIC_ACQUIRE)) {
      const SplitUsedElement& entry = used->ring[used_[vring] % kRingSize];
      used_[vring] =
          static_cast<uint16_t>(used_[vring] + TakeBack(vring, entry.id, entry.length, &lengths));
    }
    return lengths;
  }
  while (true) {
    const PackedDescriptor& descriptor = packed_descriptors(vring)[used_[vring]];
    const uint16_t flags = __atomic_load_n(&descriptor.flags, __ATOMIC_ACQUIRE);
    if (((flags & kDescAvail) != 0) != used_wrap_[vring] ||
        ((flags & kDescUsed) != 0) != used_wrap_[vring]) {
      return lengths;
    }
    used_[vring] = static_cast<uint16_t>(
        used_[vring] + TakeBack(vring, descriptor.id, descriptor.length, &lengths));
    if (used_[vring] >= kRingSize) {
      used_[vring] -= kRingSize;
      used_wrap_[vring] = !used_wrap_[vring];
    }
  }
}

}  // namespace vsw::vhost
