// SPDX-License-Identifier: Apache-2.0
#include "control/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include "tests/control/fake_switch.h"
#include "tests/support/temp_folder.h"

namespace vsw::control {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = db::Store::Open(dir_ / "conf.db");
    ASSERT_TRUE(store.ok()) << store.status();
    auto made = Configurator::Make(*std::move(store), RealHost({}));
    ASSERT_TRUE(made.ok()) << made.status();
    configurator_ = *std::move(made);
  }
  std::string Scrape() {
    return prometheus::TextSerializer().Serialize(
        Metrics(configurator_.get(), &client_, &view_).Collect());
  }

  TempFolder dir_;
  FakeSwitch switch_{dir_ / "vswitchd.sock"};
  SwitchClient client_{dir_ / "vswitchd.sock"};
  SwitchView view_{"away"};
  std::unique_ptr<Configurator> configurator_;
};

TEST_F(MetricsTest, TellWhatIsWantedEvenWithoutTheSwitch) {
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("vsw_revision_wanted 1\n"));
  EXPECT_THAT(text, HasSubstr("vsw_switch_up 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("vsw_port_")));
}

TEST_F(MetricsTest, TellCountersAndDropsByPort) {
  switch_.Start();
  datapath::v1::WantedState wanted;
  wanted.set_revision(9);
  wanted.add_ports()->set_name("tap0");
  wanted.mutable_ports(0)->set_bridge("br0");
  grpc::ServerContext context;
  datapath::v1::ActualState state;
  ASSERT_TRUE(switch_.Apply(&context, &wanted, &state).ok());
  view_.OnState(state, /*served=*/true);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("vsw_switch_up 1\n"));
  EXPECT_THAT(text, HasSubstr("vsw_revision_applied 9\n"));
  EXPECT_THAT(text, HasSubstr("vsw_port_receive_packets_total{bridge=\"br0\",port=\"tap0\"} 42\n"));
  EXPECT_THAT(text, HasSubstr("vsw_port_drops_total{bridge=\"br0\",port=\"tap0\","
                              "reason=\"vlan-not-allowed\"} 7\n"));
}

TEST_F(MetricsTest, RefuseAnAddressThatIsTakenOrNone) {
  auto metrics = std::make_shared<Metrics>(configurator_.get(), &client_, &view_);
  for (const char* address : {"", "9464", ":9464", "127.0.0.1:", "127.0.0.1:99999"}) {
    EXPECT_EQ(ServeMetrics(address, metrics).status().code(), absl::StatusCode::kInvalidArgument)
        << address;
  }
  EXPECT_EQ(ServeMetrics("192.0.2.1:9464", metrics).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace vsw::control
