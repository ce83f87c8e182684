// SPDX-License-Identifier: Apache-2.0
#include "tests/port/netns_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>

#include "base/unique_fd.h"
#include "tests/support/eal.h"

namespace vsw::testing {
namespace {

constexpr int kTcpPort = 5001;
constexpr auto kPatience = std::chrono::seconds(5);

void EnterNetns(const std::string& name) {
  if (name.empty()) return;
  const UniqueFd fd(open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(setns(fd.get(), CLONE_NEWNET), 0) << name;
}

std::vector<uint8_t> Pattern(size_t bytes) {
  std::vector<uint8_t> data(bytes);
  for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<uint8_t>(i * 13 + i / 4096);
  return data;
}

void SetTimeout(int fd) {
  const timeval timeout{.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  int family = AF_INET;

  explicit Address(const std::string& text) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
      v4->sin_family = AF_INET;
      v4->sin_port = htons(kTcpPort);
      length = sizeof(*v4);
    } else {
      inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(kTcpPort);
      length = sizeof(*v6);
      family = AF_INET6;
    }
  }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::string SendAll(const std::string& netns, Address address, const std::vector<uint8_t>& data) {
  EnterNetns(netns);
  const UniqueFd client(socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SetTimeout(client.get());
  if (connect(client.get(), address.get(), address.length) != 0) {
    return std::string("connect: ") + std::strerror(errno);
  }
  for (size_t done = 0; done < data.size();) {
    const ssize_t n = send(client.get(), data.data() + done, data.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return std::string("send: ") + std::strerror(errno);
    done += static_cast<size_t>(n);
  }
  return "";
}

}  // namespace

bool Shell(const std::string& command) { return std::system(command.c_str()) == 0; }

std::string Output(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[512];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) output += buffer;
  pclose(pipe);
  return output;
}

bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

uint64_t Dropped(const PortCounters& counters, DropReason reason) {
  return counters.drops[static_cast<size_t>(reason)].Get();
}

std::vector<uint8_t> Broadcast(size_t bytes) {
  std::vector<uint8_t> frame(bytes, 0x5a);
  std::fill_n(frame.begin(), 6, 0xff);
  frame[6] = 2;
  frame[12] = 0x88;
  frame[13] = 0xb5;  // a local experimental EtherType
  return frame;
}

void NetnsTest::SetUp() {
  if (geteuid() != 0) GTEST_SKIP() << "makes network namespaces and devices: needs root";
  environment_.mbuf_pool = MbufPool();  // before the first namespace, where DPDK's threads stay
  environment_.instance = "test-" + std::to_string(getpid());
  environment_.synchronize = [] {};
  environment_.wake_workers = [this] { ++wakes_; };
  environment_.info_changed = [this](PortNo) { ++info_changes_; };
  mbufs_before_ = MbufsInUse();
  ASSERT_EQ(unshare(CLONE_NEWNET), 0) << std::strerror(errno);
  // Devices that come up would send router solicitations among the tests' frames.
  ASSERT_TRUE(Shell("ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"));
}

void NetnsTest::TearDown() {
  if (geteuid() != 0) return;
  for (const std::string& name : named_) Shell("ip netns del " + name);
  EXPECT_EQ(MbufsInUse(), mbufs_before_) << "mbufs leaked";
}

std::string NetnsTest::AddNamedNetns() {
  const std::string name =
      "vswports-" + std::to_string(getpid()) + "-" + std::to_string(named_.size());
  EXPECT_TRUE(Shell("ip netns add " + name + " && nsenter --net=/run/netns/" + name + " ip" +
                    " link set lo up && " + "nsenter --net=/run/netns/" + name +
                    " sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'"));
  named_.push_back(name);
  return name;
}

absl::StatusOr<std::unique_ptr<Port>> NetnsTest::TryMake(
    const std::string& kind, const std::string& name, std::map<std::string, std::string> options) {
  return MakePort(environment_, {PortNo{1}, name, kind, std::move(options)});
}

std::unique_ptr<Port> NetnsTest::Make(const std::string& kind, const std::string& name,
                                      std::map<std::string, std::string> options) {
  auto port = TryMake(kind, name, std::move(options));
  EXPECT_TRUE(port.ok()) << std::string(port.status().message());
  return port.ok() ? *std::move(port) : nullptr;
}

std::vector<std::vector<uint8_t>> NetnsTest::ReceiveFrames(Port& port, size_t wanted) {
  std::vector<std::vector<uint8_t>> frames;
  Eventually([&] {
    rte_mbuf* burst[kBurst];
    const uint16_t count = port.Receive(QueueId{0}, burst, rx_);
    for (uint16_t i = 0; i < count; ++i) {
      frames.push_back(BytesOf(burst[i]));
      rte_pktmbuf_free(burst[i]);
    }
    return frames.size() >= wanted;
  });
  return frames;
}

void NetnsTest::Drain(Port& port) {
  rte_mbuf* burst[kBurst];
  for (int empty = 0; empty < 100;) {
    const uint16_t count = port.Receive(QueueId{0}, burst, rx_);
    rte_pktmbuf_free_bulk(burst, count);
    if (count == 0) ++empty;
  }
}

void NetnsTest::Send(Port& port, const std::vector<uint8_t>& frame) {
  rte_mbuf* burst[1] = {MakeMbuf(frame)};
  port.Transmit(WorkerId{0}, burst, tx_);
}

Pump::Pump(Port& a, Port& b, Edit forth, Edit back) {
  thread_ = std::thread([this, &a, &b, forth, back] {
    while (!stop_) {
      const bool went = Move(a, b, forth);
      const bool came = Move(b, a, back);
      if (!went && !came) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  });
}

Pump::~Pump() {
  stop_ = true;
  thread_.join();
}

bool Pump::Move(Port& from, Port& to, Edit edit) {
  rte_mbuf* burst[kBurst];
  const uint16_t count = from.Receive(QueueId{0}, burst, counters_);
  for (uint16_t i = 0; i < count; ++i) biggest_ = std::max(biggest_.load(), burst[i]->pkt_len);
  for (uint16_t i = 0; edit != nullptr && i < count; ++i) edit(burst[i]);
  if (count > 0) to.Transmit(WorkerId{0}, {burst, count}, counters_);
  return count > 0;
}

void PushVlan(rte_mbuf* frame) {
  char* start = rte_pktmbuf_prepend(frame, 4);
  std::memmove(start, start + 4, 12);
  std::memcpy(start + 12, "\x81\x00\x00\x07", 4);
  if ((frame->ol_flags & RTE_MBUF_F_TX_L4_MASK) != 0) frame->l2_len += 4;
}

void PopVlan(rte_mbuf* frame) {
  char* start = rte_pktmbuf_mtod(frame, char*);
  if (std::memcmp(start + 12, "\x81\x00\x00\x07", 4) != 0) return;
  std::memmove(start + 4, start, 12);
  rte_pktmbuf_adj(frame, 4);
  if ((frame->ol_flags & RTE_MBUF_F_TX_L4_MASK) != 0) frame->l2_len -= 4;
}

std::string TransferTcp(const std::string& server_netns, const std::string& client_netns,
                        const std::string& address, size_t bytes) {
  const std::vector<uint8_t> data = Pattern(bytes);
  Address where(address);
  UniqueFd listener;
  std::thread([&] {  // a socket belongs to the namespace it was made in
    EnterNetns(server_netns);
    listener.Reset(socket(where.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  })
      .join();
  SetTimeout(listener.get());
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(listener.get(), where.get(), where.length) != 0 || listen(listener.get(), 1) != 0) {
    return std::string("listen: ") + std::strerror(errno);
  }
  std::string client_error;
  std::thread client([&] { client_error = SendAll(client_netns, where, data); });
  const UniqueFd connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  SetTimeout(connection.get());
  std::vector<uint8_t> got;
  std::vector<uint8_t> buffer(1 << 16);
  for (ssize_t n; (n = recv(connection.get(), buffer.data(), buffer.size(), 0)) > 0;) {
    got.insert(got.end(), buffer.begin(), buffer.begin() + n);
  }
  client.join();
  if (!client_error.empty()) return client_error;
  return got == data ? "" : "received " + std::to_string(got.size()) + " other bytes";
}

}  // namespace vsw::testing
