// SPDX-License-Identifier: Apache-2.0
#include "vhost/event_signal.h"

#include <gtest/gtest.h>
#include <linux/aio_abi.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace vsw::vhost {
namespace {

class EventSignal : public ::testing::Test {
 protected:
  // Blocking, as a hostile front-end would have it.
  EventSignal() : fd_(eventfd(0, EFD_CLOEXEC)) {}
  ~EventSignal() override { close(fd_); }
  uint64_t Read() {
    uint64_t count = 0;
    EXPECT_EQ(read(fd_, &count, sizeof(count)), static_cast<ssize_t>(sizeof(count)));
    return count;
  }
  const int fd_;
};

TEST_F(EventSignal, CountsEverySignal) {
  SignalEvent(fd_);
  EXPECT_EQ(Read(), 1u);
  for (int i = 0; i < 2000; ++i) SignalEvent(fd_);
  EXPECT_EQ(Read(), 2000u);
}

TEST_F(EventSignal, DoesNotWaitForACounterThatIsFull) {
  aio_context_t probe = 0;
  if (syscall(SYS_io_setup, 1, &probe) != 0) GTEST_SKIP() << "this kernel has no io_setup(2)";
  syscall(SYS_io_destroy, probe);
  const uint64_t full = ~uint64_t{0} - 1;
  ASSERT_EQ(write(fd_, &full, sizeof(full)), static_cast<ssize_t>(sizeof(full)));
  for (int i = 0; i < 500; ++i) SignalEvent(fd_);
  EXPECT_GE(Read(), full);
  SignalEvent(fd_);
  EXPECT_EQ(Read(), 1u);
}

TEST_F(EventSignal, LeavesWhatIsNoEventfdAlone) {
  SignalEvent(-1);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  SignalEvent(ends[0]);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace vsw::vhost
