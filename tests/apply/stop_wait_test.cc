// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/stop_wait.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace vsw {
namespace {

/// A service manager with a watchdog, as the process that it has started sees it.
class StopWaitTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "notify-" + std::to_string(getpid());
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path_.size(), sizeof(address.sun_path));
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    ASSERT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    sigemptyset(&stop_);
    sigaddset(&stop_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop_, nullptr);
  }
  void TearDown() override {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    pthread_sigmask(SIG_UNBLOCK, &stop_, nullptr);
    close(socket_);
    unlink(path_.c_str());
  }
  std::string NextMessage() {
    char buffer[128] = {};
    const ssize_t size = recv(socket_, buffer, sizeof(buffer), 0);
    return std::string(buffer, size < 0 ? 0 : static_cast<size_t>(size));
  }
  std::string path_;
  int socket_ = -1;
  sigset_t stop_;
};

TEST_F(StopWaitTest, ShowsTheWatchdogThatTheSwitchLivesUntilItIsStopped) {
  setenv("WATCHDOG_USEC", "20000", 1);
  std::atomic<int> proofs{0}, signal_number{0};
  std::thread main([&] { signal_number = WaitForStop(stop_, [&] { ++proofs; }); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(NextMessage(), "WATCHDOG=1");
  EXPECT_GE(proofs, 3);
  pthread_kill(main.native_handle(), SIGTERM);
  main.join();
  EXPECT_EQ(signal_number, SIGTERM);
}

TEST_F(StopWaitTest, JustWaitsWithoutAWatchdog) {
  pthread_kill(pthread_self(), SIGTERM);
  EXPECT_EQ(WaitForStop(stop_, [] { FAIL() << "nobody asks"; }), SIGTERM);
}

}  // namespace
}  // namespace vsw
