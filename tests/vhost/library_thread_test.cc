// SPDX-License-Identifier: Apache-2.0
#include "vhost/library_thread.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

namespace vsw::vhost {
namespace {

TEST(LibraryThread, IsWokenFromItsPoll) {
  std::atomic<bool> named{false}, woken{false};
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), "vhost-events");
    named = true;
    EXPECT_EQ(poll(nullptr, 0, -1), -1);
    EXPECT_EQ(errno, EINTR);
    woken = true;
  });
  // The first calls may come before it polls.
  while (!woken) {
    if (named) WakeLibraryThread();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  thread.join();
}

}  // namespace
}  // namespace vsw::vhost
