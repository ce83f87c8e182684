// SPDX-License-Identifier: Apache-2.0
//
// A thin, owning layer over the SQLite C interface: a connection, prepared statements and a
// transaction that rolls back unless it was committed. Every failure becomes an absl::Status that
// names the file, the cause, and where there is one the remedy. It knows no table of ours.
//
// Thread safety: none; one thread at a time per connection, which the caller sees to.
#ifndef VSW_DB_SQLITE_H_
#define VSW_DB_SQLITE_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace vsw::db {

class Statement;

/// Whether `path` can be opened as a database, or created, as far as the file system tells.
/// Errors: FailedPrecondition (a directory, a device), PermissionDenied and the like.
absl::Status CheckDatabasePath(const std::string& path);

class Connection {
 public:
  /// Opens `path` for reading and writing, creating it if there is none. Touches no page: a file
  /// that is no database shows at the first statement. Errors: those of CheckDatabasePath and of
  /// ToStatus.
  static absl::StatusOr<Connection> Open(const std::string& path);

  /// Runs one or several statements that return no rows.
  absl::Status Execute(const std::string& sql);

  /// The only column of the only row, as a number.
  absl::StatusOr<int64_t> QueryInt(const std::string& sql);
  /// The first column of the first row, as text.
  absl::StatusOr<std::string> QueryText(const std::string& sql);

  absl::StatusOr<Statement> Prepare(const std::string& sql);

  /// Leaves write-ahead log and database as they are when the connection closes.
  void KeepLogOnClose();

  /// The status for a result code of the last call; OK for SQLITE_OK, SQLITE_ROW, SQLITE_DONE.
  absl::Status ToStatus(int result, const std::string& what) const;

  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  Connection(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  std::unique_ptr<sqlite3, Closer> handle_;
};

/// A prepared statement. Bind in the order of the parameters, Step until it returns false, Reset to
/// use it again. The connection must outlive it.
class Statement {
 public:
  Statement& Bind(int64_t value);
  Statement& Bind(std::string_view text);
  Statement& BindNull();

  /// True: a row is there. False: the statement is done.
  absl::StatusOr<bool> Step();
  /// For statements without rows: runs to the end and resets.
  absl::Status Run();
  void Reset();

  int64_t Int(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  bool IsNull(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }
  std::string Text(int column) const;

 private:
  friend class Connection;
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  Statement(const Connection* connection, sqlite3_stmt* handle)
      : connection_(connection), handle_(handle) {}

  const Connection* connection_;
  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
  int next_ = 1;
  int bind_result_ = SQLITE_OK;
};

/// BEGIN IMMEDIATE .. COMMIT; destroyed without Commit, it rolls back.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Connection* connection);
  Transaction(Transaction&& other) noexcept : connection_(other.connection_) {
    other.connection_ = nullptr;
  }
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  absl::Status Commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Connection* connection_;  // null once committed
};

}  // namespace vsw::db

#endif  // VSW_DB_SQLITE_H_
