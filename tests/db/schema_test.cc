// SPDX-License-Identifier: Apache-2.0
#include "db/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "db/store.h"
#include "tests/support/files.h"
#include "tests/support/temp_folder.h"

namespace vsw::db {
namespace {

using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

class SchemaTest : public testing::Test {
 protected:
  Connection OpenFile() {
    auto connection = Connection::Open(path_);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }
  TempFolder dir_;
  const std::string path_ = dir_ / "conf.db";
};

TEST_F(SchemaTest, LeadsFromEveryOlderVersionToTheNewest) {
  const std::span<const std::string> all = Migrations();
  for (size_t from = 0; from <= all.size(); ++from) {
    std::filesystem::remove(path_);
    {
      Connection old = OpenFile();
      ASSERT_TRUE(Migrate(&old, all.first(from)).ok()) << "to version " << from;
      if (from >= 1) {
        ASSERT_TRUE(old.Execute("INSERT INTO bridge (name, dpid, fdb_ageing_seconds, "
                                "fdb_max_entries) VALUES ('br0', 1, 0, 0)")
                        .ok());
      }
    }
    auto store = Store::Open(path_);
    ASSERT_TRUE(store.ok()) << "from version " << from << ": " << store.status();
    auto contents = (*store)->Read();
    ASSERT_TRUE(contents.ok()) << contents.status();
    EXPECT_EQ(contents->bridges.size(), from >= 1 ? 1u : 0u);
    auto version = (*store)->connection().QueryInt("PRAGMA user_version");
    ASSERT_TRUE(version.ok());
    EXPECT_EQ(*version, static_cast<int64_t>(all.size()));
  }
}

TEST_F(SchemaTest, GivesPortsOfOlderFilesTheLowestFreeNumbers) {
  {
    Connection old = OpenFile();
    ASSERT_TRUE(Migrate(&old, Migrations().first(1)).ok());
    ASSERT_TRUE(old.Execute("INSERT INTO bridge VALUES ('br0', 1, 0, 0), ('br1', 2, 0, 0)").ok());
    const auto add = [&](const std::string& name, const std::string& bridge,
                         const std::string& ofport) {
      ASSERT_TRUE(old.Execute(fmt::format("INSERT INTO port VALUES ('{}', '{}', 'tap', {}, '', 0, "
                                          "'no', 0)",
                                          name, bridge, ofport))
                      .ok());
    };
    add("br0", "br0", "65534");
    add("a", "br0", "NULL");
    add("b", "br0", "2");
    add("c", "br0", "NULL");
    add("d", "br0", "1");
    add("e", "br1", "NULL");
    add("f", "br1", "9");
  }
  ASSERT_TRUE(Store::Open(path_).ok());
  Connection file = OpenFile();
  EXPECT_EQ(file.QueryText("SELECT group_concat(name || ofport, ' ') FROM "
                           "(SELECT * FROM port ORDER BY name)")
                .value(),
            "a3 b2 br065534 c4 d1 e1 f9");
}

TEST_F(SchemaTest, RunsOnlyTheMissingMigrationsAndKeepsTheRows) {
  const std::vector<std::string> steps = {
      "CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (1)",
      "ALTER TABLE t ADD COLUMN b INTEGER NOT NULL DEFAULT 2", "UPDATE t SET b = b + a"};
  Connection file = OpenFile();
  ASSERT_TRUE(Migrate(&file, std::span(steps).first(1)).ok());
  ASSERT_TRUE(file.Execute("UPDATE t SET a = 10").ok());
  ASSERT_TRUE(Migrate(&file, steps).ok());
  ASSERT_TRUE(Migrate(&file, steps).ok());  // nothing more to do
  EXPECT_EQ(file.QueryInt("SELECT b FROM t").value(), 12);
}

TEST_F(SchemaTest, LeavesTheFileAsItWasWhenAMigrationFails) {
  const std::vector<std::string> steps = {"CREATE TABLE t (a INTEGER) STRICT",
                                          "INSERT INTO t VALUES (1)",
                                          "INSERT INTO nowhere VALUES (1)"};
  Connection file = OpenFile();
  ASSERT_TRUE(Migrate(&file, std::span(steps).first(1)).ok());
  EXPECT_FALSE(Migrate(&file, steps).ok());
  EXPECT_EQ(file.QueryInt("PRAGMA user_version").value(), 1);
  EXPECT_EQ(file.QueryInt("SELECT count(*) FROM t").value(), 0);
}

TEST_F(SchemaTest, RefusesANewerVersionUntouched) {
  {
    Connection newer = OpenFile();
    ASSERT_TRUE(Migrate(&newer, Migrations()).ok());
    ASSERT_TRUE(newer.Execute("PRAGMA journal_mode = WAL; PRAGMA user_version = 999").ok());
  }
  const std::string before = ReadFile(path_);
  const auto store = Store::Open(path_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(store.status()), HasSubstr("schema version 999"));
  EXPECT_EQ(ReadFile(path_), before);
}

TEST_F(SchemaTest, RefusesTheDatabaseOfAnotherProgram) {
  {
    Connection other = OpenFile();
    ASSERT_TRUE(other.Execute("CREATE TABLE songs (title TEXT)").ok());
  }
  const auto store = Store::Open(path_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(store.status()), HasSubstr("belongs to another program"));
}

TEST_F(SchemaTest, HasStrictTablesOnly) {
  auto store = Store::Open(path_);
  ASSERT_TRUE(store.ok());
  Connection& file = (*store)->connection();
  EXPECT_EQ(file.QueryInt("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND "
                          "type = 'table' AND name NOT LIKE 'sqlite_%' AND NOT strict")
                .value(),
            0);
  EXPECT_EQ(file.QueryText("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ(file.QueryInt("PRAGMA foreign_keys").value(), 1);
}

}  // namespace
}  // namespace vsw::db
