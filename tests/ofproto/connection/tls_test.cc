// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow over TLS, with certificates made on the spot by the openssl program.
#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdlib>

#include "ofproto/connection/acceptor.h"
#include "ofproto/connection/clock.h"
#include "ofproto/connection/stream.h"
#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

constexpr OfVersion k13 = OfVersion::k13;
using ofconn::IoResult;

class Tls : public ServerTest {
 protected:
  void SetUp() override {
    MakeCa("ca");
    MakeCa("stranger");
    MakeCertificate("switch", "ca");
    MakeCertificate("controller", "ca");
    MakeCertificate("impostor", "stranger");
    options_.tls = Files("switch", "ca");
    settings_.listeners = {"pssl:0:127.0.0.1"};
  }
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void Run(const std::string& command) {
    ASSERT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
  }
  void MakeCa(const std::string& name) {
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=" +
        name + " -keyout " + Path(name + ".key") + " -out " + Path(name + ".pem"));
  }
  void MakeCertificate(const std::string& name, const std::string& ca) {
    Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name +
        " -keyout " + Path(name + ".key") + " -out " + Path(name + ".csr"));
    Run("openssl x509 -req -days 2 -CAcreateserial -in " + Path(name + ".csr") + " -CA " +
        Path(ca + ".pem") + " -CAkey " + Path(ca + ".key") + " -out " + Path(name + ".pem"));
  }
  TlsSettings Files(const std::string& name, const std::string& ca) const {
    return {Path(name + ".key"), Path(name + ".pem"), ca.empty() ? "" : Path(ca + ".pem")};
  }
  std::string Bound() {
    EXPECT_TRUE(Eventually([&] { return Status().listeners.size() == 2; }));
    return Status().listeners[1].bound;
  }

  /// A stream of a controller, driven until `done` says so; false if it fails or takes too long.
  static bool Drive(ofconn::Stream& stream, const std::function<IoResult()>& step) {
    for (int i = 0; i < 2000; ++i) {
      const IoResult result = step();
      if (result == IoResult::kDone) return true;
      if (result != IoResult::kWouldBlock) return false;
      usleep(1000);
    }
    return false;
  }
  /// Hello and an echo of `bytes` over TLS, as `name` and trusting `ca`.
  bool Talk(ofconn::Stream& stream, size_t bytes) {
    if (!Drive(stream, [&] { return stream.Open(); })) return false;
    Bytes out = MakeMessage(k13, type::kHello, 1);
    const Bytes echo = MakeMessage(k13, type::kEchoRequest, 5, Bytes(bytes, 7));
    out.insert(out.end(), echo.begin(), echo.end());
    Bytes in;
    size_t sent = 0;
    return Drive(stream, [&] {
      size_t count = 0;
      if (sent < out.size() &&
          stream.Write(std::span(out).subspan(sent), &count) == IoResult::kDone) {
        sent += count;
      }
      uint8_t chunk[20000];
      const IoResult result = stream.Read(chunk, &count);
      if (result == IoResult::kDone) in.insert(in.end(), chunk, chunk + count);
      if (result == IoResult::kClosed || result == IoResult::kFailed) return IoResult::kFailed;
      const size_t hello = in.size() < 4 ? 0 : ReadHeader(in).length;
      return in.size() >= hello + echo.size() ? IoResult::kDone : IoResult::kWouldBlock;
    });
  }
  bool TalkTo(const std::string& bound, const TlsSettings& files, size_t bytes = 100) {
    const auto context = ofconn::TlsContext::Create(files);
    EXPECT_TRUE(context.ok()) << context.status();
    auto stream = ofconn::ConnectTo(*ofconn::ParseTarget("ssl:" + bound), context->get());
    EXPECT_TRUE(stream.ok()) << stream.status();
    return Talk(**stream, bytes);
  }
};

TEST_F(Tls, ServesAPeerOfTheSameCa) {
  Start();
  EXPECT_TRUE(TalkTo(Bound(), Files("controller", "ca")));
}

TEST_F(Tls, CarriesTheLongestMessages) {
  Start();
  EXPECT_TRUE(TalkTo(Bound(), Files("controller", "ca"), 65527));
}

TEST_F(Tls, TurnsAwayAPeerOfAnotherCa) {
  Start();
  EXPECT_FALSE(TalkTo(Bound(), Files("impostor", "")));
  EXPECT_TRUE(TalkTo(Bound(), Files("controller", "ca")));
}

TEST_F(Tls, ServesAnyPeerWithoutACa) {
  options_.tls = Files("switch", "");
  Start();
  EXPECT_TRUE(TalkTo(Bound(), Files("impostor", "")));
}

TEST_F(Tls, RefusesVersionsBeforeOneDotTwo) {
  Start();
  const auto context = ofconn::TlsContext::Create(Files("controller", "ca"));
  ASSERT_TRUE(context.ok());
  SSL_CTX_set_min_proto_version((*context)->get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version((*context)->get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level((*context)->get(), 0);
  auto stream = ofconn::ConnectTo(*ofconn::ParseTarget("ssl:" + Bound()), context->get());
  ASSERT_TRUE(stream.ok());
  EXPECT_FALSE(Talk(**stream, 10));
}

TEST_F(Tls, ConnectsToAControllerAndChecksIt) {
  for (const bool genuine : {true, false}) {
    auto acceptor = ofconn::Acceptor::Listen(*ofconn::ParseTarget("ptcp:0:127.0.0.1"));
    ASSERT_TRUE(acceptor.ok());
    settings_.controllers = {"ssl:" + (*acceptor)->bound()};
    Start();
    const auto context =
        ofconn::TlsContext::Create(genuine ? Files("controller", "ca") : Files("impostor", ""));
    ASSERT_TRUE(context.ok());
    absl::StatusOr<ofconn::Acceptor::Accepted> accepted = absl::UnavailableError("none yet");
    ASSERT_TRUE(Eventually([&] { return (accepted = (*acceptor)->Accept()).ok(); }));
    auto stream = ofconn::AcceptOn(ofconn::Target::Transport::kTls, std::move(accepted->socket),
                                   context->get());
    ASSERT_TRUE(stream.ok());
    EXPECT_EQ(Talk(**stream, 100), genuine);
    if (!genuine) {
      EXPECT_TRUE(Eventually([&] {
        const auto status = Status();
        return status.connections.size() == 1 &&
               status.connections[0].last_error.find("certificate") != std::string::npos;
      }));
    }
    server_.reset();
  }
}

TEST_F(Tls, EndsPlainTextAndHandshakesThatStall) {
  options_.hello_timeout_ms = 300;
  Start();
  Client plain = Client::Tcp(Bound());
  plain.Send(MakeMessage(k13, type::kHello, 1));
  EXPECT_TRUE(plain.Ends());
  Client silent = Client::Tcp(Bound());
  EXPECT_TRUE(silent.Ends());
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  options_.tls.certificate = Path("none.pem");
  Start();
  EXPECT_THAT(server_->tls_error(), ::testing::HasSubstr("none.pem"));
  ASSERT_TRUE(Eventually([&] { return Status().listeners.size() == 2; }));
  EXPECT_THAT(Status().listeners[1].error, ::testing::HasSubstr("none.pem"));
  EXPECT_FALSE(ofconn::TlsContext::Create({Path("ca.key"), Path("switch.pem"), ""}).ok())
      << "a key of another certificate";
}

}  // namespace
}  // namespace vsw::testing
