// SPDX-License-Identifier: Apache-2.0
#include "db/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/files.h"
#include "tests/support/temp_folder.h"

namespace vsw::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

BridgeRecord Bridge(const std::string& name) {
  return {.name = name, .dpid = 0, .fdb_ageing_seconds = 0, .fdb_max_entries = 0, .labels = {}};
}

PortRecord Tap(const std::string& name, const std::string& bridge, uint32_t ofport = 0) {
  PortRecord port;
  port.name = name;
  port.bridge = bridge;
  port.kind = PortKind::kTap;
  port.ofport = ofport;
  return port;
}

FdbRecord Static(const std::string& bridge, uint64_t mac, const std::string& port) {
  return {.key = {.bridge = bridge, .vlan = 7, .mac = mac}, .port = port};
}

class StoreTest : public testing::Test {
 protected:
  void Open() {
    store_ = nullptr;
    auto store = Store::Open(path_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Write(const Delta& delta, uint64_t revision) {
    const absl::Status written = store_->Write(delta, revision);
    ASSERT_TRUE(written.ok()) << written;
  }
  Contents Read() {
    auto contents = store_->Read();
    EXPECT_TRUE(contents.ok()) << contents.status();
    return contents.ok() ? *contents : Contents{};
  }

  TempFolder dir_;
  const std::string path_ = dir_ / "conf.db";
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, StartsEmptyAtRevisionOne) {
  Open();
  const Contents contents = Read();
  EXPECT_EQ(contents.revision, 1u);
  EXPECT_THAT(contents.bridges, IsEmpty());
  EXPECT_THAT(contents.ports, IsEmpty());
}

TEST_F(StoreTest, GivesBackAfterReopeningWhatWasWritten) {
  BridgeRecord bridge = Bridge("br0");
  bridge.dpid = 0xfedcba9876543210;  // the top bit is set: no loss by SQLite's signed numbers
  bridge.fdb_ageing_seconds = 30;
  bridge.fdb_max_entries = 99;
  bridge.labels = {{"owner", "me"}, {"empty", ""}};
  bridge.tlv_map = {{"tun_metadata0", "class=0x102,type=0x80,len=4"}};
  PortRecord port = Tap("tap0", "br0", 5);
  port.vlan = {.mode = VlanMode::kDot1qTunnel,
               .tag = 100,
               .trunks = {0, 10, 4094},
               .priority_tags = PriorityTags::kAlways,
               .cvlans = {1, 2},
               .qinq_ethertype = 0x8100};
  port.options = {{"mtu", "1400"}};
  port.labels = {{"vm", "a'b\"c"}};
  const FdbRecord entry = Static("br0", 0xfeffffffffff, "tap0");
  Open();
  Write({.put_bridges = {bridge}, .put_ports = {port}, .put_fdb = {entry}}, 17);
  Open();
  const Contents contents = Read();
  EXPECT_EQ(contents.revision, 17u);
  EXPECT_THAT(contents.bridges, ElementsAre(bridge));
  EXPECT_THAT(contents.ports, ElementsAre(port));
  EXPECT_THAT(contents.static_fdb, ElementsAre(entry));
}

TEST_F(StoreTest, ReplacesListsAndMapsOfAnUpdatedRow) {
  PortRecord port = Tap("tap0", "br0");
  port.options = {{"mtu", "1400"}, {"mac", "02:00:00:00:00:01"}};
  port.vlan.trunks = {1, 2};
  Open();
  Write({.put_bridges = {Bridge("br0")}, .put_ports = {port}}, 2);
  port.options = {{"mtu", "1500"}};
  port.vlan.trunks = {2, 3};
  Write({.put_ports = {port}}, 3);
  EXPECT_THAT(Read().ports, ElementsAre(port));
}

TEST_F(StoreTest, DeletingABridgeDeletesItsPortsAndAddresses) {
  Open();
  Write({.put_bridges = {Bridge("br0"), Bridge("br1")},
         .put_ports = {Tap("a", "br0"), Tap("b", "br1")},
         .put_fdb = {Static("br0", 2, "a"), Static("br1", 2, "b")}},
        2);
  Write({.deleted_bridges = {"br0"}}, 3);
  const Contents contents = Read();
  EXPECT_THAT(contents.bridges, SizeIs(1));
  EXPECT_THAT(contents.ports, ElementsAre(Tap("b", "br1")));
  EXPECT_THAT(contents.static_fdb, ElementsAre(Static("br1", 2, "b")));
}

TEST_F(StoreTest, MovesAPortOffABridgeThatIsDeletedWithIt) {
  Open();
  Write({.put_bridges = {Bridge("br0")}, .put_ports = {Tap("a", "br0")}}, 2);
  Write(
      {.deleted_bridges = {"br0"}, .put_bridges = {Bridge("br1")}, .put_ports = {Tap("a", "br1")}},
      3);
  EXPECT_THAT(Read().ports, ElementsAre(Tap("a", "br1")));
}

TEST_F(StoreTest, LetsTwoPortsSwapTheirNumbers) {
  Open();
  Write({.put_bridges = {Bridge("br0")}, .put_ports = {Tap("a", "br0", 1), Tap("b", "br0", 2)}}, 2);
  Write({.put_ports = {Tap("a", "br0", 2), Tap("b", "br0", 1)}}, 3);
  EXPECT_THAT(Read().ports, ElementsAre(Tap("a", "br0", 2), Tap("b", "br0", 1)));
}

TEST_F(StoreTest, WritesNothingOfADeltaThatFails) {
  Open();
  Write({.put_bridges = {Bridge("br0")}}, 2);
  const absl::Status failed =
      store_->Write({.put_bridges = {Bridge("br1")}, .put_ports = {Tap("a", "nowhere")}}, 3);
  EXPECT_FALSE(failed.ok());
  const Contents contents = Read();
  EXPECT_EQ(contents.revision, 2u);
  EXPECT_THAT(contents.bridges, ElementsAre(Bridge("br0")));
}

TEST_F(StoreTest, LosesNothingCommittedAndKeepsNothingElseWhenKilled) {
  Open();
  Write({.put_bridges = {Bridge("br0")}}, 2);
  store_ = nullptr;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = Store::Open(path_);
    if (!store.ok() || !(*store)->Write({.put_bridges = {Bridge("br1")}}, 3).ok()) _exit(1);
    auto open = Transaction::Begin(&(*store)->connection());
    if (!open.ok() || !(*store)->connection().Execute("DELETE FROM bridge").ok()) _exit(1);
    _exit(0);  // as a kill would: no destructor runs
  }
  int result = -1;
  waitpid(child, &result, 0);
  ASSERT_EQ(result, 0);
  Open();
  const Contents contents = Read();
  EXPECT_EQ(contents.revision, 3u);
  EXPECT_THAT(contents.bridges, ElementsAre(Bridge("br0"), Bridge("br1")));
}

TEST_F(StoreTest, SaysThatTheDiskIsFullAndKeepsWhatWasThere) {
  Open();
  Write({.put_bridges = {Bridge("br0")}}, 2);
  auto pages = store_->connection().QueryInt("PRAGMA page_count");
  ASSERT_TRUE(pages.ok());
  ASSERT_TRUE(
      store_->connection().QueryInt(fmt::format("PRAGMA max_page_count = {}", *pages)).ok());
  BridgeRecord large = Bridge("br1");
  large.labels = {{"key", std::string(1 << 20, 'x')}};
  const absl::Status full = store_->Write({.put_bridges = {large}}, 3);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  EXPECT_THAT(Message(full), HasSubstr("disk full"));
  EXPECT_THAT(Message(full), HasSubstr(path_));
  const Contents contents = Read();
  EXPECT_EQ(contents.revision, 2u);
  EXPECT_THAT(contents.bridges, ElementsAre(Bridge("br0")));
}

TEST_F(StoreTest, RefusesASecondOpener) {
  Open();
  const auto second = Store::Open(path_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Message(second.status()), HasSubstr(fmt::format("pid {}", getpid())));
}

TEST_F(StoreTest, RefusesADirectoryAndLeavesNothingBesideIt) {
  const auto store = Store::Open(dir_.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(store.status()), HasSubstr("is a directory"));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() + ".lock"));
}

TEST_F(StoreTest, RefusesAFileThatIsNoDatabaseUntouched) {
  const std::string text(8192, 'x');
  WriteFile(path_, text);
  const auto store = Store::Open(path_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
  EXPECT_THAT(Message(store.status()), HasSubstr("is not a database"));
  EXPECT_EQ(ReadFile(path_), text);
}

TEST_F(StoreTest, RefusesADamagedDatabase) {
  Open();
  Write({.put_bridges = {Bridge("br0")}}, 2);
  store_ = nullptr;
  std::string bytes = ReadFile(path_);
  ASSERT_GT(bytes.size(), 8192u);
  for (size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
  WriteFile(path_, bytes);
  const auto store = Store::Open(path_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
  EXPECT_THAT(Message(store.status()), HasSubstr("restore it from a backup"));
}

TEST_F(StoreTest, SaysWhichFolderIsMissing) {
  const auto store = Store::Open(dir_ / "no/conf.db");
  EXPECT_EQ(store.status().code(), absl::StatusCode::kNotFound) << store.status();
  EXPECT_THAT(Message(store.status()), HasSubstr("no/conf.db"));
}

TEST_F(StoreTest, SaysThatAnotherProcessHoldsTheLock) {
  Open();
  auto other = Connection::Open(path_);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(other->Execute("BEGIN IMMEDIATE").ok());
  const absl::Status held = store_->Write({.put_bridges = {Bridge("br0")}}, 2);
  EXPECT_EQ(held.code(), absl::StatusCode::kUnavailable) << held;
  EXPECT_THAT(Message(held), HasSubstr("another process holds it"));
}

TEST_F(StoreTest, RefusesAReadOnlyFileForAnOrdinaryUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  Open();
  store_ = nullptr;
  ASSERT_EQ(chown(dir_.path().c_str(), 65534, 65534), 0);
  ASSERT_EQ(chown((path_ + ".lock").c_str(), 65534, 65534), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(3);
    const auto store = Store::Open(path_);  // owned by root, not writable
    const bool named =
        Message(store.status()).find("cannot be read and written") != std::string::npos;
    _exit(store.status().code() == absl::StatusCode::kPermissionDenied && named ? 0 : 1);
  }
  int result = -1;
  waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace vsw::db
