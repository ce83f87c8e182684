// SPDX-License-Identifier: Apache-2.0
//
// Hello and version negotiation (1.3 section 6.3.1), and what a connection must not do.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

using Negotiation = ServerTest;

uint8_t VersionOfEchoReply(Client& client, OfVersion version) {
  client.Send(MakeMessage(version, type::kEchoRequest, 9, Bytes{1, 2, 3}));
  const Message reply = client.Expect(type::kEchoReply);
  EXPECT_EQ(reply.header.xid, 9u);
  EXPECT_THAT(reply.body(), ::testing::ElementsAre(1, 2, 3));
  return reply.header.version;
}

TEST_F(Negotiation, AgreesOnEveryVersionFromOneDotZeroToOneDotFive) {
  Start();
  for (uint8_t version = 1; version <= 6; ++version) {
    Client client = Connect(static_cast<OfVersion>(version));
    EXPECT_EQ(VersionOfEchoReply(client, static_cast<OfVersion>(version)), version);
  }
}

TEST_F(Negotiation, TakesOurHighestOfAPeerThatSpeaksMore) {
  Start();
  Client client = Connect();
  client.Send(MakeMessage(static_cast<OfVersion>(0x20), type::kHello, 1));
  client.Expect(type::kHello);
  EXPECT_EQ(VersionOfEchoReply(client, OfVersion::k15), 6);
}

TEST_F(Negotiation, TakesTheHighestCommonOneOfTheBitmap) {
  Start();
  Client client = Connect();
  Writer bitmap;
  bitmap.U16(1), bitmap.U16(8), bitmap.U32(1u << 9 | 1u << 4 | 1u << 1);
  client.Send(MakeMessage(static_cast<OfVersion>(9), type::kHello, 1, bitmap));
  client.Expect(type::kHello);
  EXPECT_EQ(VersionOfEchoReply(client, OfVersion::k13), 4);
}

TEST_F(Negotiation, RefusesAPeerWithoutACommonVersion) {
  settings_.versions = 1u << 4;
  Start();
  Client client = Connect();
  client.Send(MakeMessage(OfVersion::k10, type::kHello, 42));
  const Message error = client.Expect(type::kError);
  EXPECT_EQ(error.error_type(), 0);
  EXPECT_EQ(error.error_code(), 0);
  EXPECT_EQ(error.header.xid, 42u);
  const std::string text(error.body().begin() + 4, error.body().end());
  EXPECT_THAT(text, ::testing::HasSubstr("1.3"));
  EXPECT_TRUE(client.Ends());
}

TEST_F(Negotiation, RefusesAFirstMessageThatIsNoHello) {
  Start();
  Client client = Connect();
  client.Send(MakeMessage(OfVersion::k13, type::kFeaturesRequest, 1));
  EXPECT_EQ(client.Expect(type::kError).error_type(), 0);
  EXPECT_TRUE(client.Ends());
}

TEST_F(Negotiation, EndsAConnectionThatNeverSaysHello) {
  options_.hello_timeout_ms = 200;
  Start();
  Client client = Connect();
  EXPECT_TRUE(client.Ends());
}

TEST_F(Negotiation, EndsAConnectionThatChangesItsVersion) {
  Start();
  Client client = Connect(OfVersion::k13);
  client.Send(MakeMessage(OfVersion::k13, type::kEchoRequest, 1));
  client.Send(MakeMessage(OfVersion::k14, type::kFeaturesRequest, 2));
  EXPECT_EQ(client.Receive()->header.type, type::kEchoReply) << "what came before is answered";
  const Message error = client.Expect(type::kError);
  EXPECT_EQ(error.error_type(), 1);
  EXPECT_EQ(error.error_code(), 0);
  EXPECT_EQ(error.header.xid, 2u);
  EXPECT_TRUE(client.Ends());
}

TEST_F(Negotiation, EndsAConnectionWithALengthBelowTheHeader) {
  Start();
  Client client = Connect(OfVersion::k13);
  Bytes bytes = MakeMessage(OfVersion::k13, type::kEchoRequest, 77);
  bytes[3] = 4;
  client.Send(bytes);
  const Message error = client.Expect(type::kError);
  EXPECT_EQ(error.error_type(), 1);
  EXPECT_EQ(error.error_code(), 6);
  EXPECT_TRUE(client.Ends());
}

TEST_F(Negotiation, AnswersAMessageThatArrivesByteByByte) {
  Start();
  Client client = Connect();
  Bytes bytes = MakeMessage(OfVersion::k13, type::kHello, 1);
  const Bytes echo = MakeMessage(OfVersion::k13, type::kEchoRequest, 5, Bytes(20, 7));
  bytes.insert(bytes.end(), echo.begin(), echo.end());
  for (const uint8_t octet : bytes) {
    client.Send({&octet, 1});
    usleep(500);
  }
  EXPECT_EQ(client.Expect(type::kEchoReply).bytes.size(), echo.size());
}

TEST_F(Negotiation, AnswersAPeerThatHasFinishedSending) {
  Start();
  Client client = Connect();
  client.Send(MakeMessage(OfVersion::k13, type::kHello, 1));
  client.Send(MakeMessage(OfVersion::k13, type::kFeaturesRequest, 3));
  shutdown(client.fd(), SHUT_WR);
  EXPECT_EQ(client.Expect(type::kFeaturesReply).header.xid, 3u);
  EXPECT_TRUE(client.Ends());
}

TEST_F(Negotiation, TellsTheBridgeWhetherAnybodyIsConnected) {
  Start();
  {
    Client first = Connect(OfVersion::k13);
    Client second = Connect(OfVersion::k10);
    second.Barrier(OfVersion::k10);
    first.Barrier();
  }
  std::vector<std::string> log;
  EXPECT_TRUE(Eventually([&] {
    for (std::string& entry : bridge_.TakeLog()) log.push_back(std::move(entry));
    return !log.empty() && log.back() == "controllers 0";
  }));
  std::erase_if(log, [](const std::string& entry) { return !entry.starts_with("controllers"); });
  EXPECT_THAT(log, ::testing::ElementsAre("controllers 0", "controllers 1", "controllers 0"));
}

TEST_F(Negotiation, AnswersOthersWhileAPeerSendsHalfAMessage) {
  Start();
  Client half = Connect(OfVersion::k13);
  Bytes bytes = MakeMessage(OfVersion::k13, type::kEchoRequest, 1, Bytes(1000, 1));
  bytes.resize(500);
  half.Send(bytes);
  Client other = Connect(OfVersion::k13);
  EXPECT_TRUE(other.Barrier().empty());
  EXPECT_TRUE(half.Silent(50));
}

}  // namespace
}  // namespace vsw::testing
