// SPDX-License-Identifier: Apache-2.0
#include "db/store.h"

#include "db/reader.h"
#include "db/schema.h"
#include "db/writer.h"

namespace vsw::db {
namespace {

absl::StatusOr<LockFile> LockDatabase(const std::string& path) {
  absl::StatusOr<LockFile> lock = LockFile::Acquire(path + ".lock");
  if (lock.ok()) return lock;
  const absl::Status& status = lock.status();
  if (absl::IsAlreadyExists(status)) {
    return AlreadyExists("database {} is in use: {}; stop that daemon, or use another --db", path,
                         std::string(status.message()));
  }
  return absl::Status(
      status.code(),
      fmt::format("database {}: {}; check that the folder exists, may be written to and has space",
                  path, std::string(status.message())));
}

absl::Status CheckHealth(Connection* connection) {
  VSW_ASSIGN_OR_RETURN(const std::string verdict, connection->QueryText("PRAGMA quick_check(1)"));
  if (verdict == "ok") return absl::OkStatus();
  return absl::DataLossError(fmt::format(
      "database {} is damaged: {}; restore it from a backup, or move it away to start empty",
      connection->path(), verdict));
}

// Until the version is known to be ours, nothing may be written, not even a checkpoint.
absl::Status Prepare(Connection* connection) {
  VSW_RETURN_IF_ERROR(CheckHealth(connection));
  const absl::Status migrated = Migrate(connection, Migrations());
  if (!migrated.ok()) {
    connection->KeepLogOnClose();
    return migrated;
  }
  // A commit is on the disk when it returns: accepted changes survive a power cut.
  return connection->Execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
      "PRAGMA journal_size_limit = 4194304; PRAGMA trusted_schema = OFF");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  VSW_RETURN_IF_ERROR(CheckDatabasePath(path));
  VSW_ASSIGN_OR_RETURN(LockFile lock, LockDatabase(path));
  VSW_ASSIGN_OR_RETURN(Connection connection, Connection::Open(path));
  VSW_RETURN_IF_ERROR(Prepare(&connection));
  return std::unique_ptr<Store>(new Store(std::move(lock), std::move(connection)));
}

absl::StatusOr<Contents> Store::Read() {
  VSW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&connection_));
  return ReadContents(&connection_);
}

absl::Status Store::Write(const Delta& delta, uint64_t revision) {
  VSW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&connection_));
  VSW_RETURN_IF_ERROR(WriteDelta(&connection_, delta, revision));
  return transaction.Commit();
}

}  // namespace vsw::db
