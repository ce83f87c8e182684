// SPDX-License-Identifier: Apache-2.0
//
// Each test in a network namespace of its own, which ends with it; and a pump that stands for the
// switch: what comes in by one port leaves by the other.
#ifndef VSW_TESTS_PORT_NETNS_FIXTURE_H_
#define VSW_TESTS_PORT_NETNS_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "datapath/port/port_factory.h"

namespace vsw::testing {

/// Runs a shell command; true if it exits with 0.
bool Shell(const std::string& command);
/// What a shell command prints.
std::string Output(const std::string& command);

/// Waits until `condition` holds, a few seconds at most; returns whether it does.
bool Eventually(const std::function<bool()>& condition);

uint64_t Dropped(const PortCounters& counters, DropReason reason);

/// A frame of `bytes` bytes to everyone, of no protocol that a kernel answers.
std::vector<uint8_t> Broadcast(size_t bytes);

class NetnsTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Makes /run/netns/<returned name>, which is deleted after the test.
  std::string AddNamedNetns();

  absl::StatusOr<std::unique_ptr<Port>> TryMake(const std::string& kind, const std::string& name,
                                                std::map<std::string, std::string> options = {});
  std::unique_ptr<Port> Make(const std::string& kind, const std::string& name,
                             std::map<std::string, std::string> options = {});

  /// Frames that arrive within moments: as many as `wanted`, or fewer.
  std::vector<std::vector<uint8_t>> ReceiveFrames(Port& port, size_t wanted);
  /// Receives and forgets what is there by now.
  void Drain(Port& port);
  void Send(Port& port, const std::vector<uint8_t>& frame);

  PortEnvironment environment_;
  PortCounters rx_, tx_;
  std::atomic<int> info_changes_{0};
  std::atomic<int> wakes_{0};

 private:
  std::vector<std::string> named_;
  uint32_t mbufs_before_ = 0;
};

/// Moves frames between two ports until it ends.
class Pump {
 public:
  using Edit = void (*)(rte_mbuf*);

  /// `forth` and `back` may change the frames from a to b and from b to a.
  Pump(Port& a, Port& b, Edit forth = nullptr, Edit back = nullptr);
  ~Pump();
  /// The biggest frame that passed.
  uint32_t biggest() const { return biggest_; }
  const PortCounters& counters() const { return counters_; }

 private:
  bool Move(Port& from, Port& to, Edit edit);

  std::atomic<bool> stop_{false};
  std::atomic<uint32_t> biggest_{0};
  PortCounters counters_;
  std::thread thread_;
};

/// Puts on and takes off an 802.1Q tag of VLAN 7, as a worker does.
void PushVlan(rte_mbuf* frame);
void PopVlan(rte_mbuf* frame);

/// Sends `bytes` by TCP from `client_netns` ("" = the test's own) to `address` in `server_netns`,
/// and compares what arrives. Returns an empty string or what went wrong.
std::string TransferTcp(const std::string& server_netns, const std::string& client_netns,
                        const std::string& address, size_t bytes);

}  // namespace vsw::testing

#endif  // VSW_TESTS_PORT_NETNS_FIXTURE_H_
