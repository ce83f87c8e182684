// SPDX-License-Identifier: Apache-2.0
//
// What peers may make the switch hold for them between two messages.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "ofproto/connection/bundle_store.h"
#include "ofproto/connection/multipart_assembler.h"

namespace vsw::ofconn {
namespace {

Request MonitorPart(uint32_t xid, size_t monitors, bool more) {
  Request part{};
  part.header = {.version = 5, .type = 18, .length = 64, .xid = xid};
  part.body = msg::FlowMonitorRequests{std::vector<FlowMonitorRequest>(monitors)};
  part.more = more;
  return part;
}

TEST(MultipartAssembler, HoldsNoMoreMonitorsThanItsLimitInAllRequestsTogether) {
  MultipartAssembler assembler;
  constexpr size_t kHalf = MultipartAssembler::kMaxMonitors / 2;
  EXPECT_TRUE(assembler.Add(MonitorPart(1, kHalf, true), 0).ok());
  EXPECT_TRUE(assembler.Add(MonitorPart(2, kHalf, true), 0).ok());
  const auto refused = assembler.Add(MonitorPart(2, 1, true), 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().id(), OfErrorId::kMultipartOverflow);
  EXPECT_FALSE(assembler.Add(MonitorPart(3, kHalf + 1, true), 0).ok());
  // Request 2 was given up, which makes room.
  EXPECT_TRUE(assembler.Add(MonitorPart(3, kHalf, true), 0).ok());
  const auto whole = assembler.Add(MonitorPart(1, 0, false), 0);
  ASSERT_TRUE(whole.ok() && whole->has_value());
  EXPECT_EQ(std::get<msg::FlowMonitorRequests>((*whole)->body).monitors.size(), kHalf);
  EXPECT_TRUE(assembler.Add(MonitorPart(4, kHalf, true), 0).ok());
}

msg::BundleAdd Message(uint32_t bundle) {
  msg::BundleAdd add{};
  add.id = bundle;
  add.entry = MeterMod{};
  return add;
}

TEST(BundleStore, AllConnectionsOfABridgeHaveOneLimit) {
  std::atomic<size_t> held{BundleStore::kMaxMessages - 2};
  const Quote quote(std::vector<uint8_t>(8));
  auto one = std::make_unique<BundleStore>(&held);
  BundleStore other(&held);
  EXPECT_TRUE(one->Add(Message(1), quote, 0).ok());
  EXPECT_TRUE(other.Add(Message(1), quote, 0).ok());
  EXPECT_EQ(other.Add(Message(1), quote, 0).id(), OfErrorId::kBundleMessageTooMany);
  one.reset();
  EXPECT_EQ(held, BundleStore::kMaxMessages - 1) << "a connection that ends leaves nothing behind";
  EXPECT_TRUE(other.Add(Message(1), quote, 0).ok());
  EXPECT_TRUE(other.Discard(1).ok());
  EXPECT_EQ(held, BundleStore::kMaxMessages - 2);
}

}  // namespace
}  // namespace vsw::ofconn
