// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/target.h"

#include <gtest/gtest.h>

#include <fstream>

#include "ofproto/connection/acceptor.h"
#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::ofconn {
namespace {

std::string Address(const std::string& text) {
  const auto target = ParseTarget(text);
  if (!target.ok()) return target.status().ToString();
  return (target->passive ? "p " : "") + AddressText(target->address, target->address_bytes);
}

TEST(ParseTarget, ReadsActiveTargets) {
  EXPECT_EQ(Address("tcp:10.0.0.1"), "10.0.0.1:6653");
  EXPECT_EQ(Address("tcp:10.0.0.1:6633"), "10.0.0.1:6633");
  EXPECT_EQ(Address("ssl:[2001:db8::1]:6640"), "[2001:db8::1]:6640");
  EXPECT_EQ(Address("tcp:[::1]"), "[::1]:6653");
  EXPECT_EQ(Address("unix:/run/x.sock"), "/run/x.sock");
}

TEST(ParseTarget, ReadsPassiveTargets) {
  EXPECT_EQ(Address("ptcp:"), "p [::]:6653");
  EXPECT_EQ(Address("ptcp"), "p [::]:6653");
  EXPECT_EQ(Address("ptcp:6654"), "p [::]:6654");
  EXPECT_EQ(Address("ptcp:0:127.0.0.1"), "p 127.0.0.1:0");
  EXPECT_EQ(Address("pssl:6654:[::1]"), "p [::1]:6654");
  EXPECT_EQ(Address("ptcp::127.0.0.1"), "p 127.0.0.1:6653");
  EXPECT_EQ(Address("punix:/run/x.sock"), "p /run/x.sock");
}

TEST(ParseTarget, RefusesWhatItCannotUse) {
  for (const char* text :
       {"", "tcp", "tcp:", "udp:1.2.3.4", "tcp:controller.example", "tcp:1.2.3.4:port",
        "tcp:1.2.3.4:65536", "tcp:1.2.3.4:-1", "tcp:1.2.3.4:0", "tcp:1.2.3.4:66 ", "tcp:::1:6653",
        "tcp:[::1", "tcp:[::1]6653", "ptcp:6653:host", "ptcp:6653:[::1", "ptcp:x",
        "unix:", "punix:", "1.2.3.4"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
  const std::string longest(107, 'x');
  EXPECT_TRUE(ParseTarget("unix:" + longest).ok());
  EXPECT_FALSE(ParseTarget("unix:" + longest + "x").ok());
}

class AcceptorTest : public vsw::testing::ServerTest {
 protected:
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const std::string& text) {
    return Acceptor::Listen(*ParseTarget(text));
  }
};

TEST_F(AcceptorTest, ReplacesASocketThatADeadProcessLeft) {
  const std::string path = folder_ + "/s";
  {
    const auto target = UnixTarget(path, true);
    const UniqueFd left(socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(bind(left.get(), reinterpret_cast<const sockaddr*>(&target->address),
                   target->address_bytes),
              0);
  }
  const auto acceptor = Listen("punix:" + path);
  ASSERT_TRUE(acceptor.ok()) << acceptor.status();
  EXPECT_EQ((*acceptor)->bound(), path);
}

TEST_F(AcceptorTest, LeavesASocketThatIsInUseAndOtherFilesAlone) {
  const auto first = Listen("punix:" + folder_ + "/s");
  ASSERT_TRUE(first.ok());
  const auto second = Listen("punix:" + folder_ + "/s");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  std::ofstream(folder_ + "/file") << "text";
  EXPECT_FALSE(Listen("punix:" + folder_ + "/file").ok());
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/file"));
  EXPECT_FALSE(Listen("punix:" + folder_ + "/none/s").ok());
}

TEST_F(AcceptorTest, RemovesItsSocketUnlessAnotherHasTakenThePlace) {
  const std::string path = folder_ + "/s";
  auto first = Listen("punix:" + path);
  ASSERT_TRUE(first.ok());
  std::filesystem::remove(path);
  auto second = Listen("punix:" + path);
  ASSERT_TRUE(second.ok());
  first->reset();
  EXPECT_TRUE(std::filesystem::exists(path));
  second->reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(AcceptorTest, TellsThePortThatItWasGiven) {
  const auto acceptor = Listen("ptcp:0:127.0.0.1");
  ASSERT_TRUE(acceptor.ok());
  EXPECT_NE((*acceptor)->bound(), "127.0.0.1:0");
  EXPECT_TRUE(absl::IsUnavailable((*acceptor)->Accept().status()));
}

}  // namespace
}  // namespace vsw::ofconn
