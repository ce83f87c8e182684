// SPDX-License-Identifier: Apache-2.0
//
// Meters as text.
#include <gtest/gtest.h>

#include "ofproto/text/text.h"

namespace vsw {
namespace {

TEST(ParseMeter, KeepsTheBurstSizeWithItsFlagAlone) {
  const auto read = [](const std::string& text) {
    const auto meter = ParseMeter(text, MeterMod::Command::kAdd);
    EXPECT_TRUE(meter.ok()) << meter.status();
    return meter.ok() ? meter->config : MeterConfig{};
  };
  const MeterConfig with = read("meter=1,kbps,burst,bands=type=drop,rate=100,burst_size=10");
  EXPECT_EQ(FormatMeter(with), "meter=1 kbps burst bands=type=drop rate=100 burst_size=10");
  const MeterConfig without = read("meter=1,kbps,bands=type=drop,rate=100,burst_size=10");
  ASSERT_EQ(without.bands.size(), 1u);
  EXPECT_EQ(without.bands[0].burst, 0u);
  EXPECT_EQ(FormatMeter(without), "meter=1 kbps bands=type=drop rate=100");
}

}  // namespace
}  // namespace vsw
