// SPDX-License-Identifier: Apache-2.0
//
// A server with one bridge, and its management socket in a folder of its own.
#ifndef VSW_TESTS_OFPROTO_CONNECTION_SERVER_FIXTURE_H_
#define VSW_TESTS_OFPROTO_CONNECTION_SERVER_FIXTURE_H_

#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "ofproto/connection/openflow_server.h"
#include "tests/ofproto/connection/client.h"
#include "tests/ofproto/connection/fake_bridge.h"
#include "tests/support/temp_folder.h"

namespace vsw::testing {

inline constexpr BridgeId kBridge{7};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options_.run_dir = folder_;
    options_.software = "vsw test";
  }
  ~ServerTest() override { server_.reset(); }

  /// Starts the server with the options and settings as the test has changed them.
  void Start() {
    server_ = std::make_unique<OpenFlowServer>(options_, &control_);
    server_->Start();
    server_->SetBridge(kBridge, &bridge_, settings_);
  }
  std::string ManagementPath() const { return folder_ + "/br0.mgmt"; }
  Client Connect() { return Client::Unix(ManagementPath()); }
  Client Connect(OfVersion version) {
    Client client = Connect();
    client.Hello(version);
    return client;
  }
  BridgeConnectionStatus Status() const { return server_->Status(kBridge); }
  /// Waits until `holds`; false if it does not come to that.
  static bool Eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 1000; ++i) {
      if (holds()) return true;
      usleep(5000);
    }
    return false;
  }

  const TempFolder temporary_;
  const std::string folder_ = temporary_.path();
  OpenFlowServerOptions options_;
  BridgeConnectionSettings settings_;
  ThreadedControl control_;
  FakeBridge bridge_{&control_};
  std::unique_ptr<OpenFlowServer> server_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_CONNECTION_SERVER_FIXTURE_H_
