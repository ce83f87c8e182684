// SPDX-License-Identifier: Apache-2.0
#include "control/reconciler.h"

#include <gmock/gmock.h>

#include "tests/control/api_fixture.h"

namespace vsw::control {
namespace {

using testing::HasSubstr;

class ReconcilerTest : public ApiTest {};

TEST_F(ReconcilerTest, SendsTheWholeStateWhenTheSwitchAppears) {
  CreateBridge("br0");
  const uint64_t revision = CreateTap("tap0", "br0");
  switch_.Start();
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  EXPECT_EQ(applied.applied_revision(), revision);
  const auto sent = switch_.Sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].revision(), revision);
  EXPECT_EQ(sent[0].bridges_size(), 1);
  ASSERT_EQ(sent[0].ports_size(), 2);
  EXPECT_EQ(sent[0].ports(0).name(), "br0");
  EXPECT_EQ(sent[0].ports(0).ofport(), 65534u);
}

TEST_F(ReconcilerTest, SendsEverythingAgainToARestartedSwitch) {
  switch_.Start();
  const uint64_t revision = CreateBridge("br0");
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  for (int i = 0; i < 3; ++i) {
    switch_.Stop();
    ASSERT_TRUE(Eventually([&] { return !GetStatus().switch_status().connected(); }));
    switch_.Start();
    ASSERT_TRUE(Eventually([&] { return switch_.applied_revision() == revision; }));
    EXPECT_EQ(switch_.Sent().back().bridges_size(), 1);
  }
}

TEST_F(ReconcilerTest, TellsWhichPortFailedAndWhy) {
  switch_.Fail("tap0", "no such device; create it");
  switch_.Start();
  CreateBridge("br0");
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(CreateTap("tap0", "br0"), &applied).ok());
  ASSERT_EQ(applied.failures_size(), 1);
  EXPECT_EQ(applied.failures(0).bridge(), "br0");
  EXPECT_EQ(applied.failures(0).port(), "tap0");
  EXPECT_EQ(applied.failures(0).reason(), "no such device; create it");
  EXPECT_EQ(GetPort("tap0").status().state(), v1::RESOURCE_STATE_FAILED);
  EXPECT_EQ(GetPort("br0").status().state(), v1::RESOURCE_STATE_ACTIVE);
}

TEST_F(ReconcilerTest, SendsChangesDuringASlowApplyAsOne) {
  switch_.Start();
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(CreateBridge("br0"), &applied).ok());
  const size_t before = switch_.Sent().size();
  switch_.Hold(true);
  CreateTap("tap0", "br0");
  ASSERT_TRUE(Eventually([&] { return switch_.applies_under_way() == 1; }));
  uint64_t revision = 0;
  for (int i = 1; i < 20; ++i) revision = CreateTap(fmt::format("tap{}", i), "br0");
  EXPECT_EQ(WaitApplied(revision, &applied, std::chrono::milliseconds(100)).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  switch_.Hold(false);
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  EXPECT_EQ(switch_.Sent().size(), before + 2);
}

TEST_F(ReconcilerTest, KeepsTryingWhatTheSwitchRefuses) {
  switch_.Refuse({grpc::StatusCode::INTERNAL, "out of sorts"});
  switch_.Start();
  const uint64_t revision = CreateBridge("br0");
  ASSERT_TRUE(Eventually([&] { return GetStatus().switch_status().warnings_size() == 1; }));
  EXPECT_THAT(GetStatus().switch_status().warnings(0), HasSubstr("out of sorts"));
  switch_.Refuse(grpc::Status::OK);
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  EXPECT_EQ(GetStatus().switch_status().warnings_size(), 0);
}

TEST_F(ReconcilerTest, RaisesItsRevisionAboveThatOfASwitchThatOutlivedTheDatabase) {
  const uint64_t revision = CreateBridge("br0");
  switch_.Start(/*applied_revision=*/40);
  // A revision of the replaced database says nothing of what the switch runs.
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  EXPECT_EQ(applied.applied_revision(), 41u);
  EXPECT_EQ(switch_.Sent().back().bridges_size(), 1);
  EXPECT_EQ(GetStatus().wanted_revision(), 41u);
  EXPECT_EQ(CreateTap("tap0", "br0"), 42u);
}

TEST_F(ReconcilerTest, AsksASwitchThatRefusesARevisionAsOld) {
  switch_.Start();
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(CreateBridge("br0"), &applied).ok());
  switch_.SetAppliedSilently(90);
  CreateTap("tap0", "br0");
  ASSERT_TRUE(Eventually([&] { return switch_.applied_revision() == 91; }));
  EXPECT_EQ(switch_.Sent().back().ports_size(), 2);
}

TEST_F(ReconcilerTest, ReattachesAfterItsOwnRestartWithTheSameRevision) {
  switch_.Start();
  const uint64_t revision = CreateBridge("br0");
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  daemon_.reset();
  StartDaemon();
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  EXPECT_EQ(GetStatus().wanted_revision(), revision);
  for (const auto& sent : switch_.Sent()) EXPECT_LE(sent.revision(), revision);
}

}  // namespace
}  // namespace vsw::control
