// SPDX-License-Identifier: Apache-2.0
#include "vhost/message_filter.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace vsw::vhost {
namespace {

constexpr uint64_t kNoDescriptor = 1 << 8;  // "no file descriptor comes with this"
constexpr uint32_t kFuseMagic = 0x65735546;
constexpr uint64_t kMaxMemoryBytes = uint64_t{1} << 46;  // below half of our address space

enum class Check { kNone, kVringInNumber, kVringInState, kMemTable, kLog };

struct Rule {
  Request request;
  uint32_t min_size;
  Check check;
  Verdict verdict;
};

// Every message that this switch understands; what is not here is refused.
constexpr Rule kRules[] = {
    {Request::kGetFeatures, 0, Check::kNone, Verdict::kPass},
    {Request::kSetFeatures, 8, Check::kNone, Verdict::kQuiesce},
    {Request::kSetOwner, 0, Check::kNone, Verdict::kPass},
    // Its meaning is disputed; the protocol advises back-ends to ignore it.
    {Request::kResetOwner, 0, Check::kNone, Verdict::kIgnore},
    {Request::kSetMemTable, 8, Check::kMemTable, Verdict::kQuiesce},
    {Request::kSetLogBase, 16, Check::kLog, Verdict::kQuiesce},
    {Request::kSetLogFd, 0, Check::kNone, Verdict::kPass},
    {Request::kSetVringNum, 8, Check::kVringInState, Verdict::kQuiesce},
    {Request::kSetVringAddr, 40, Check::kVringInState, Verdict::kQuiesce},
    {Request::kSetVringBase, 8, Check::kVringInState, Verdict::kQuiesce},
    {Request::kGetVringBase, 8, Check::kVringInState, Verdict::kQuiesce},
    {Request::kSetVringKick, 8, Check::kVringInNumber, Verdict::kQuiesce},
    {Request::kSetVringCall, 8, Check::kVringInNumber, Verdict::kQuiesce},
    {Request::kSetVringErr, 8, Check::kVringInNumber, Verdict::kPass},
    {Request::kGetProtocolFeatures, 0, Check::kNone, Verdict::kPass},
    {Request::kSetProtocolFeatures, 8, Check::kNone, Verdict::kPass},
    {Request::kGetQueueNum, 0, Check::kNone, Verdict::kAnswerQueueCount},
    {Request::kSetVringEnable, 8, Check::kVringInState, Verdict::kQuiesce},
    {Request::kSendRarp, 8, Check::kNone, Verdict::kPass},
    {Request::kNetSetMtu, 8, Check::kNone, Verdict::kPass},
};

// A file that can be mapped and whose pages come without asking anybody in user space or on a
// network, who could make us wait for ever.
bool IsPlainMemory(int fd) {
  struct stat status;
  struct statfs filesystem;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (fstatfs(fd, &filesystem) != 0) return false;
  const auto type = static_cast<uint32_t>(filesystem.f_type);
  return type != kFuseMagic && type != NFS_SUPER_MAGIC && type != V9FS_MAGIC &&
         type != SMB2_SUPER_MAGIC && type != CIFS_SUPER_MAGIC && type != CEPH_SUPER_MAGIC;
}

bool IsEventFd(int fd) {
  char target[64];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = readlink(link.c_str(), target, sizeof(target));
  return length > 0 &&
         std::string_view(target, static_cast<size_t>(length)) == "anon_inode:[eventfd]";
}

const char* CheckVringFd(const Message& message, uint32_t vring_count) {
  const uint64_t number = message.payload.number;
  if ((number & Message::kVringMask) >= vring_count) return "queue beyond those offered";
  if (number & ~uint64_t{Message::kVringMask | kNoDescriptor}) return "bad queue number";
  const int expected = number & kNoDescriptor ? 0 : 1;
  if (message.fd_count != expected) return "wrong number of file descriptors";
  if (expected == 0) return nullptr;
  const int fd = message.fds[0];
  if (!IsEventFd(fd)) return "kick or call is no eventfd";
  // Reading and writing it must never wait. The peer can take that back; see event_signal.h.
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return "eventfd cannot be set up";
  return nullptr;
}

bool Overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size) {
  return a < b + b_size && b < a + a_size;
}

const char* CheckMemTable(const Message& message) {
  const auto& memory = message.payload.memory;
  if (memory.count == 0 || memory.count > kMaxMemoryRegions) return "bad number of memory regions";
  if (message.size < 8 + memory.count * sizeof(WireMemoryRegion)) return "short memory table";
  if (message.fd_count != static_cast<int>(memory.count)) return "wrong number of file descriptors";
  for (uint32_t i = 0; i < memory.count; ++i) {
    const WireMemoryRegion region = memory.region[i];
    if (region.size == 0 || region.size > kMaxMemoryBytes || region.mmap_offset > kMaxMemoryBytes ||
        region.guest_address + region.size < region.size ||
        region.user_address + region.size < region.size) {
      return "absurd memory region";
    }
    for (uint32_t j = 0; j < i; ++j) {
      const WireMemoryRegion other = memory.region[j];
      if (Overlap(region.guest_address, region.size, other.guest_address, other.size) ||
          Overlap(region.user_address, region.size, other.user_address, other.size)) {
        return "memory regions overlap";
      }
    }
    if (!IsPlainMemory(message.fds[i])) return "memory region in a file that may stall its readers";
  }
  return nullptr;
}

const char* CheckLog(const Message& message) {
  const auto& log = message.payload.log;
  if (message.size != 16) return "bad size";
  if (message.fd_count != 1) return "wrong number of file descriptors";
  // The library adds the offset twice.
  if (log.offset != 0 || log.size == 0 || log.size > kMaxMemoryBytes) return "bad dirty log";
  struct stat status;
  if (!IsPlainMemory(message.fds[0]) || fstat(message.fds[0], &status) != 0 ||
      static_cast<uint64_t>(status.st_size) < log.size) {
    return "dirty log in an unfit file";
  }
  return nullptr;
}

const char* Apply(const Rule& rule, const Message& message, uint32_t vring_count) {
  if (message.size < rule.min_size) return "short message";
  switch (rule.check) {
    case Check::kNone:
      return nullptr;
    case Check::kVringInNumber:
      return CheckVringFd(message, vring_count);
    case Check::kVringInState:
      return message.payload.state.index < vring_count ? nullptr : "queue beyond those offered";
    case Check::kMemTable:
      return CheckMemTable(message);
    case Check::kLog:
      return CheckLog(message);
  }
  return "unknown check";
}

}  // namespace

Verdict Judge(const Message& message, uint32_t vring_count, const char** reason) {
  *reason = "message that no network device needs";
  for (const Rule& rule : kRules) {
    if (message.request != static_cast<uint32_t>(rule.request)) continue;
    *reason = Apply(rule, message, vring_count);
    return *reason == nullptr ? rule.verdict : Verdict::kRefuse;
  }
  return Verdict::kRefuse;
}

void CloseDescriptors(Message* message) {
  for (int i = 0; i < message->fd_count && i < static_cast<int>(kMaxMemoryRegions); ++i) {
    if (message->fds[i] >= 0) close(message->fds[i]);
    message->fds[i] = -1;
  }
  message->fd_count = 0;
}

}  // namespace vsw::vhost
