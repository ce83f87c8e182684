// SPDX-License-Identifier: Apache-2.0
#include "ofproto/meter/bridge_meters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_datapath_control.h"

namespace vsw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Command = MeterMod::Command;

class BridgeMetersTest : public ::testing::Test {
 protected:
  std::string Do(Command command, uint32_t meter, std::vector<MeterBand> bands) {
    MeterMod mod;
    mod.command = command;
    mod.config.meter = meter;
    mod.config.bands = std::move(bands);
    deleted_.clear();
    meters_->Begin();
    const OfStatus status = meters_->Modify(mod, &deleted_);
    if (!status.ok()) {
      meters_->Drop();
      return std::string(OfErrorName(status.id()));
    }
    meters_->Keep();
    meters_->Reclaim();
    return "";
  }

  vsw::testing::FakeDatapathControl datapath_;
  MeterIndexPool pool_;
  std::unique_ptr<BridgeMeters> meters_ = std::make_unique<BridgeMeters>(&datapath_, &pool_);
  std::vector<uint32_t> deleted_;
};

TEST_F(BridgeMetersTest, TellsTheDatapathInItsUnits) {
  EXPECT_EQ(Do(Command::kAdd, 7, {{.rate = 1000, .burst = 0}}), "");
  ASSERT_THAT(datapath_.meters, SizeIs(1));
  const MeterSpec& spec = datapath_.meters.begin()->second;
  EXPECT_FALSE(spec.packets);
  EXPECT_EQ(spec.bands[0].rate, 1'000'000u) << "kbit/s become bit/s";
  EXPECT_EQ(spec.bands[0].burst, 1'000'000u) << "without a burst, that of one second";
}

TEST_F(BridgeMetersTest, RefusesWhatTheSpecificationForbids) {
  EXPECT_EQ(Do(Command::kAdd, 1, {{.rate = 1}}), "");
  EXPECT_EQ(Do(Command::kAdd, 1, {{.rate = 1}}), "OFPMMFC_METER_EXISTS");
  EXPECT_EQ(Do(Command::kModify, 2, {{.rate = 1}}), "OFPMMFC_UNKNOWN_METER");
  EXPECT_EQ(Do(Command::kAdd, 0, {{.rate = 1}}), "OFPMMFC_INVALID_METER");
  EXPECT_EQ(Do(Command::kAdd, kMeterController, {{.rate = 1}}), "OFPMMFC_INVALID_METER");
  EXPECT_EQ(Do(Command::kAdd, 3, {{.rate = 0}}), "OFPMMFC_BAD_RATE");
  EXPECT_EQ(Do(Command::kAdd, 3, std::vector<MeterBand>(17, {.rate = 1})), "OFPMMFC_OUT_OF_BANDS");
}

TEST_F(BridgeMetersTest, KeepsItsPlaceWhenModifiedAndGivesItBackWhenDeleted) {
  EXPECT_EQ(Do(Command::kAdd, 1, {{.rate = 1}}), "");
  const uint32_t index = meters_->indices()->at(1);
  EXPECT_EQ(Do(Command::kModify, 1, {{.rate = 2}}), "");
  EXPECT_EQ(meters_->indices()->at(1), index);
  EXPECT_EQ(datapath_.meters.at(index).bands[0].rate, 2000u);
  EXPECT_EQ(Do(Command::kAdd, 2, {{.rate = 1}}), "");
  EXPECT_EQ(Do(Command::kDelete, kMeterAll, {}), "");
  EXPECT_THAT(deleted_, ElementsAre(1, 2));
  EXPECT_THAT(datapath_.meters, IsEmpty());
  EXPECT_EQ(Do(Command::kAdd, 5, {{.rate = 1}}), "");
  EXPECT_EQ(meters_->indices()->at(5), index) << "the lowest free one";
}

TEST_F(BridgeMetersTest, ADroppedChangeNeverReachesTheDatapath) {
  meters_->Begin();
  MeterMod mod;
  mod.config.meter = 1;
  mod.config.bands = {{.rate = 1}};
  ASSERT_TRUE(meters_->Modify(mod, &deleted_).ok());
  EXPECT_TRUE(meters_->StagedHas(1));
  meters_->Drop();
  EXPECT_THAT(datapath_.meters, IsEmpty());
  EXPECT_THAT(meters_->List(), IsEmpty());
  EXPECT_EQ(pool_.Take(), 0u);
}

}  // namespace
}  // namespace vsw
