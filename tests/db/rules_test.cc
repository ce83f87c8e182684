// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/schema.h"
#include "db/store.h"
#include "tests/support/temp_folder.h"

namespace vsw::db {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StoredRulesTest : public testing::Test {
 protected:
  StoredRulesTest() {
    Open();
    Write({.put_bridges = {{.name = "br0", .labels = {}}, {.name = "br1", .labels = {}}}});
  }
  void Open() {
    store_ = nullptr;
    auto store = Store::Open(path_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Write(const Delta& delta) {
    const absl::Status written = store_->Write(delta, ++revision_);
    ASSERT_TRUE(written.ok()) << written;
  }
  RuleContents Rules() {
    auto contents = store_->Read();
    EXPECT_TRUE(contents.ok()) << contents.status();
    return contents.ok() ? contents->rules : RuleContents{};
  }
  static FlowRecord Flow(const std::string& bridge, uint8_t table, uint16_t priority,
                         const std::string& match, const std::string& actions) {
    return {.key = {.bridge = bridge, .table = table, .priority = priority, .match = match},
            .cookie = 0xffffffffffffffff,
            .flags = 9,
            .importance = 7,
            .actions = actions};
  }

  TempFolder dir_;
  const std::string path_ = dir_ / "conf.db";
  std::unique_ptr<Store> store_;
  uint64_t revision_ = 1;
};

TEST_F(StoredRulesTest, ComeBackAsTheyWereWritten) {
  const FlowRecord every = Flow("br0", 0, 0, "", "NORMAL");
  const FlowRecord tcp = Flow("br0", 253, 65535, "tcp,tp_dst=80", "drop");
  const TextRecord group{.key = {.bridge = "br1", .number = 0xfffffeff}, .text = "group_id=1"};
  const TextRecord meter{.key = {.bridge = "br1", .number = 1}, .text = "meter=1"};
  Delta delta;
  delta.rules.put = {.flows = {tcp, every}, .groups = {group}, .meters = {meter}};
  Write(delta);
  Open();
  EXPECT_THAT(Rules().flows, ElementsAre(every, tcp));
  EXPECT_THAT(Rules().groups, ElementsAre(group));
  EXPECT_THAT(Rules().meters, ElementsAre(meter));
}

TEST_F(StoredRulesTest, AreReplacedAndDeletedByTheirKeys) {
  FlowRecord first = Flow("br0", 1, 10, "ip", "output:1");
  const FlowRecord second = Flow("br0", 1, 11, "ip", "output:1");
  Delta delta;
  delta.rules.put.flows = {first, second};
  Write(delta);
  first.actions = "output:2";
  delta.rules.put.flows = {first};
  delta.rules.deleted_flows = {second.key};
  Write(delta);
  EXPECT_THAT(Rules().flows, ElementsAre(first));
}

TEST_F(StoredRulesTest, MayBeDeletedAndPutAgainInOneChange) {
  const FlowRecord flow = Flow("br0", 1, 10, "ip", "output:1");
  const TextRecord group{.key = {.bridge = "br0", .number = 1}, .text = "new"};
  Delta delta;
  delta.rules.deleted_flows = {flow.key};
  delta.rules.deleted_groups = {group.key};
  delta.rules.put = {.flows = {flow}, .groups = {group}, .meters = {}};
  Write(delta);
  EXPECT_THAT(Rules().flows, SizeIs(1));
  EXPECT_THAT(Rules().groups, SizeIs(1));
}

TEST_F(StoredRulesTest, GoWithTheirBridge) {
  Delta delta;
  delta.rules.put = {.flows = {Flow("br0", 0, 0, "", "NORMAL"), Flow("br1", 0, 0, "", "NORMAL")},
                     .groups = {{.key = {.bridge = "br0", .number = 1}, .text = "x"}},
                     .meters = {{.key = {.bridge = "br0", .number = 1}, .text = "x"}}};
  Write(delta);
  Write({.deleted_bridges = {"br0"}});
  EXPECT_THAT(Rules().flows, SizeIs(1));
  EXPECT_THAT(Rules().groups, IsEmpty());
  EXPECT_THAT(Rules().meters, IsEmpty());
}

TEST_F(StoredRulesTest, OfABridgeThatDoesNotExistAreRefused) {
  Delta delta;
  delta.rules.put.flows = {Flow("none", 0, 0, "", "NORMAL")};
  EXPECT_FALSE(store_->Write(delta, 100).ok());
  EXPECT_THAT(Rules().flows, IsEmpty());
}

TEST_F(StoredRulesTest, KeepControllersInTheirOrder) {
  BridgeRecord bridge{.name = "br0", .labels = {}};
  bridge.fail_mode = FailMode::kSecure;
  bridge.controllers = {"tcp:192.0.2.2", "tcp:192.0.2.1"};
  bridge.listeners = {"ptcp:6653"};
  Write({.put_bridges = {bridge}});
  Open();
  auto contents = store_->Read();
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->bridges[0], bridge);
}

TEST_F(StoredRulesTest, MakeBridgesOfOlderFilesSwitchAsBefore) {
  const std::string old_path = dir_ / "old.db";
  {
    auto connection = Connection::Open(old_path);
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE(Migrate(&*connection, Migrations().first(2)).ok());
    ASSERT_TRUE(connection->Execute("INSERT INTO bridge VALUES ('br0', 1, 0, 0)").ok());
  }
  auto store = Store::Open(old_path);
  ASSERT_TRUE(store.ok()) << store.status();
  const auto contents = (*store)->Read();
  ASSERT_TRUE(contents.ok()) << contents.status();
  const FlowRecord normal{.key = {.bridge = "br0", .table = 0, .priority = 0, .match = ""},
                          .actions = "NORMAL"};
  EXPECT_THAT(contents->rules.flows, ElementsAre(normal));
}

}  // namespace
}  // namespace vsw::db
