// SPDX-License-Identifier: Apache-2.0
//
// Connections that the switch makes: reconnecting, probing, fail mode, status; and listeners.
#include <fcntl.h>
#include <gmock/gmock.h>

#include "ofproto/connection/acceptor.h"
#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

constexpr OfVersion k13 = OfVersion::k13;
using State = ConnectionStatus::State;

class Controllers : public ServerTest {
 protected:
  Controllers() {
    settings_.min_backoff_ms = 50;
    settings_.max_backoff_ms = 200;
    settings_.inactivity_probe_ms = 200;
  }
  void Listen(const std::string& target = "ptcp:0:127.0.0.1") {
    auto acceptor = ofconn::Acceptor::Listen(*ofconn::ParseTarget(target));
    ASSERT_TRUE(acceptor.ok()) << acceptor.status();
    acceptor_ = std::move(*acceptor);
  }
  /// The switch's next connection to us.
  Client Accept() {
    for (int i = 0; i < 1000; ++i) {
      auto accepted = acceptor_->Accept();
      if (accepted.ok()) {
        const int flags = fcntl(accepted->socket.get(), F_GETFL);
        fcntl(accepted->socket.get(), F_SETFL, flags & ~O_NONBLOCK);
        return Client(std::move(accepted->socket));
      }
      usleep(5000);
    }
    throw std::runtime_error("the switch does not connect");
  }
  ConnectionStatus ControllerStatus() const {
    const auto status = Status();
    for (const auto& connection : status.connections) {
      if (connection.active) return connection;
    }
    return {};
  }
  bool LogHas(const std::string& what) {
    return Eventually([&] {
      for (std::string& entry : bridge_.TakeLog()) log_.push_back(std::move(entry));
      return std::find(log_.begin(), log_.end(), what) != log_.end();
    });
  }

  std::unique_ptr<ofconn::Acceptor> acceptor_;
  std::vector<std::string> log_;
};

TEST_F(Controllers, AreConnectedTo) {
  Listen();
  settings_.controllers = {"tcp:" + acceptor_->bound()};
  Start();
  Client controller = Accept();
  controller.Hello(k13);
  EXPECT_TRUE(controller.Barrier().empty());
  ASSERT_TRUE(Eventually([&] { return ControllerStatus().state == State::kConnected; }));
  EXPECT_EQ(ControllerStatus().version, k13);
  EXPECT_EQ(ControllerStatus().target, settings_.controllers[0]);
}

TEST_F(Controllers, AreConnectedToOverUnixSockets) {
  Listen("punix:" + folder_ + "/controller");
  settings_.controllers = {"unix:" + folder_ + "/controller"};
  Start();
  Client controller = Accept();
  controller.Hello(OfVersion::k15);
  EXPECT_TRUE(controller.Barrier(OfVersion::k15).empty());
}

TEST_F(Controllers, AreConnectedToAgainAndAgain) {
  Listen();
  settings_.controllers = {"tcp:" + acceptor_->bound()};
  Start();
  for (int i = 0; i < 5; ++i) {
    Client controller = Accept();
    controller.Hello(k13);
    controller.Barrier();
  }
}

TEST_F(Controllers, AreWaitedForWithBackoffAndTheReasonIsTold) {
  Listen();
  settings_.controllers = {"tcp:" + acceptor_->bound()};
  acceptor_.reset();
  Start();
  EXPECT_TRUE(Eventually([&] {
    const auto status = ControllerStatus();
    return status.state == State::kBackoff && !status.last_error.empty();
  }));
  EXPECT_THAT(ControllerStatus().last_error, ::testing::HasSubstr("refused"));
}

TEST_F(Controllers, ThatCannotBeParsedAreTold) {
  settings_.controllers = {"tcp:controller.example:6653", "ptcp:6653", "ssl:127.0.0.1"};
  Start();
  ASSERT_TRUE(Eventually([&] {
    const auto status = Status();
    return status.connections.size() == 3 &&
           std::all_of(status.connections.begin(), status.connections.end(),
                       [](const auto& row) { return !row.last_error.empty(); });
  }));
  const auto status = Status();
  EXPECT_THAT(status.connections[0].last_error, ::testing::HasSubstr("names are not resolved"));
  EXPECT_THAT(status.connections[1].last_error, ::testing::HasSubstr("passive"));
  EXPECT_THAT(status.connections[2].last_error, ::testing::HasSubstr("private key"));
}

TEST_F(Controllers, AreProbedAndDroppedWhenTheyDoNotAnswer) {
  Listen();
  settings_.controllers = {"tcp:" + acceptor_->bound()};
  Start();
  Client controller = Accept();
  controller.Hello(k13);
  const Message probe = controller.Expect(type::kEchoRequest);
  controller.Send(MakeMessage(k13, type::kEchoReply, probe.header.xid, probe.body()));
  controller.Expect(type::kEchoRequest);
  EXPECT_TRUE(controller.Ends());
  EXPECT_TRUE(
      Eventually([&] { return ControllerStatus().last_error == "no answer to an echo request"; }));
}

TEST_F(Controllers, ThatStayAwayLetAStandaloneBridgeActByItself) {
  Listen();
  settings_.controllers = {"tcp:" + acceptor_->bound()};
  const std::string target = "ptcp:" + acceptor_->bound().substr(10) + ":127.0.0.1";
  acceptor_.reset();
  Start();
  EXPECT_TRUE(LogHas("fail-open 1"));
  EXPECT_TRUE(Eventually([&] { return Status().fail_open; }));
  Listen(target);
  Client controller = Accept();
  controller.Hello(k13);
  EXPECT_TRUE(LogHas("fail-open 0"));
}

TEST_F(Controllers, ThatStayAwayChangeNothingForASecureBridge) {
  Listen();
  settings_.controllers = {"tcp:" + acceptor_->bound()};
  settings_.fail_secure = true;
  acceptor_.reset();
  Start();
  usleep(1200000);
  const auto log = bridge_.TakeLog();
  EXPECT_THAT(log, ::testing::Not(::testing::Contains("fail-open 1")));
}

TEST_F(Controllers, ThatAreTakenAwayAreDisconnectedAndOthersStay) {
  Listen();
  settings_.controllers = {"tcp:" + acceptor_->bound()};
  settings_.inactivity_probe_ms = 0;
  Start();
  Client first = Accept();
  first.Hello(k13);
  const std::string path = folder_ + "/second";
  auto keep = std::move(acceptor_);
  Listen("punix:" + path);
  settings_.controllers.push_back("unix:" + path);
  server_->SetBridge(kBridge, &bridge_, settings_);
  Client second = Accept();
  second.Hello(k13);
  settings_.controllers.erase(settings_.controllers.begin());
  server_->SetBridge(kBridge, &bridge_, settings_);
  EXPECT_TRUE(first.Ends());
  EXPECT_TRUE(second.Barrier().empty());
}

TEST_F(Controllers, MayConnectToUsOverTcp) {
  settings_.listeners = {"ptcp:0:127.0.0.1", "ptcp:0:[::1]"};
  Start();
  ASSERT_TRUE(Eventually([&] { return Status().listeners.size() == 3; }));
  Client client = Client::Tcp(Status().listeners[1].bound);
  client.Hello(k13);
  EXPECT_TRUE(client.Barrier().empty());
  const Message probe = client.Expect(type::kEchoRequest);
  EXPECT_EQ(probe.header.version, 4);
}

TEST_F(Controllers, ListenersThatCannotBeAreToldAndTriedAgain) {
  Listen();
  const std::string bound = acceptor_->bound();
  options_.listen_retry_ms = 100;
  settings_.listeners = {"ptcp:" + bound.substr(10) + ":127.0.0.1", "tcp:1.2.3.4", "pssl:0"};
  Start();
  ASSERT_TRUE(Eventually([&] { return Status().listeners.size() == 4; }));
  const auto listeners = Status().listeners;
  EXPECT_TRUE(listeners[0].error.empty());
  EXPECT_THAT(listeners[1].error, ::testing::HasSubstr("in use"));
  EXPECT_THAT(listeners[2].error, ::testing::HasSubstr("not a passive"));
  EXPECT_THAT(listeners[3].error, ::testing::HasSubstr("private key"));
  acceptor_.reset();
  Client client = Client::Tcp(bound);
  client.Hello(k13);
  EXPECT_TRUE(Status().listeners[1].error.empty());
}

}  // namespace
}  // namespace vsw::testing
