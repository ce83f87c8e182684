// SPDX-License-Identifier: Apache-2.0
#include "vhost/event_signal.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

namespace vsw::vhost {
namespace {

// Completions that may wait to be taken out: the kernel rounds up, and one look takes them all.
constexpr unsigned kRequests = 128;

// An open file whose reads end at once, with nothing.
int NullFile() {
  static const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return fd;
}

// The kernel's interface itself; the C library has no calls for it.
class Context {
 public:
  Context() {
    if (NullFile() < 0 || syscall(SYS_io_setup, kRequests, &id_) != 0) id_ = 0;
  }
  ~Context() {
    if (id_ != 0) syscall(SYS_io_destroy, id_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// False: the kernel does not do it this way.
  bool Signal(int eventfd) {
    if (id_ == 0) return false;
    iocb request = {};
    request.aio_fildes = static_cast<uint32_t>(NullFile());
    request.aio_lio_opcode = IOCB_CMD_PREAD;
    request.aio_flags = IOCB_FLAG_RESFD;
    request.aio_resfd = static_cast<uint32_t>(eventfd);
    iocb* list = &request;
    if (syscall(SYS_io_submit, id_, 1, &list) == 1) return true;
    if (errno != EAGAIN) return false;
    Reap();
    return syscall(SYS_io_submit, id_, 1, &list) == 1;
  }

 private:
  void Reap() {
    io_event done[kRequests];
    timespec now = {};
    while (syscall(SYS_io_getevents, id_, 0L, static_cast<long>(kRequests), done, &now) ==
           static_cast<long>(kRequests)) {
    }
  }

  aio_context_t id_ = 0;
};

}  // namespace

void SignalEvent(int eventfd) noexcept {
  thread_local Context context;
  if (context.Signal(eventfd)) return;
  const uint64_t one = 1;
  (void)!write(eventfd, &one, sizeof(one));
}

}  // namespace vsw::vhost
