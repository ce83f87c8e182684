// SPDX-License-Identifier: Apache-2.0
#include "db/sqlite.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace vsw::db {
namespace {

constexpr int kBusyTimeoutMs = 2000;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

// What SQLite would report as a mere "unable to open database file", told apart.
absl::Status CheckDatabasePath(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return ErrnoStatus(errno, fmt::format("open database {}", path));
  }
  if (S_ISDIR(info.st_mode)) {
    return FailedPrecondition("database {} is a directory; name a file, such as {}/conf.db", path,
                              path);
  }
  if (!S_ISREG(info.st_mode)) {
    return FailedPrecondition("database {} is not a regular file; name another one", path);
  }
  if (access(path.c_str(), R_OK | W_OK) != 0) {
    const int error = errno;
    return {CodeFromErrno(error),
            fmt::format("database {} cannot be read and written: {}; check its owner and mode, and "
                        "that its file system is not mounted read-only",
                        path, std::generic_category().message(error))};
  }
  return absl::OkStatus();
}

absl::StatusOr<Connection> Connection::Open(const std::string& path) {
  VSW_RETURN_IF_ERROR(CheckDatabasePath(path));
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Connection connection(path, handle);
  if (handle == nullptr) return ResourceExhausted("open database {}: out of memory", path);
  sqlite3_extended_result_codes(handle, 1);
  VSW_RETURN_IF_ERROR(connection.ToStatus(result, "open"));
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return connection;
}

absl::Status Connection::ToStatus(int result, const std::string& what) const {
  const std::string cause = fmt::format("database {}: {}: {}", path_, what,
                                        handle_ ? sqlite3_errmsg(handle_.get()) : "no memory");
  switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return absl::OkStatus();
    case SQLITE_NOTADB:
      return absl::DataLossError(
          fmt::format("{} is not a database; move it away, or name another file", path_));
    case SQLITE_CORRUPT:
      return absl::DataLossError(
          cause +
          "; the file is damaged: restore it from a backup, or move it away to start empty");
    case SQLITE_FULL:
      return ResourceExhausted("disk full: {}; free some space below {}", cause, FolderOf(path_));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable("{}; another process holds it: close that one and try again", cause);
    case SQLITE_READONLY:
      return absl::PermissionDeniedError(
          cause + "; check the owner and mode of the file and its folder, and the mount");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::PermissionDeniedError(
          fmt::format("{}; check that {} exists and may be written to", cause, FolderOf(path_)));
    case SQLITE_IOERR:
      if (sqlite3_system_errno(handle_.get()) == ENOSPC) {
        return ResourceExhausted("disk full: {}; free some space below {}", cause, FolderOf(path_));
      }
      return absl::DataLossError(cause + "; check the disk and the kernel log");
    case SQLITE_NOMEM:
      return ResourceExhausted("{}", cause);
    default:
      return absl::InternalError(cause);
  }
}

absl::Status Connection::Execute(const std::string& sql) {
  return ToStatus(sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr), sql);
}

absl::StatusOr<Statement> Connection::Prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(handle_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
  VSW_RETURN_IF_ERROR(ToStatus(result, sql));
  return Statement(this, statement);
}

absl::StatusOr<int64_t> Connection::QueryInt(const std::string& sql) {
  VSW_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  VSW_ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return absl::InternalError(fmt::format("database {}: {}: no row", path_, sql));
  return statement.Int(0);
}

absl::StatusOr<std::string> Connection::QueryText(const std::string& sql) {
  VSW_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  VSW_ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return absl::InternalError(fmt::format("database {}: {}: no row", path_, sql));
  return statement.Text(0);
}

void Connection::KeepLogOnClose() {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Statement& Statement::Bind(int64_t value) {
  const int result = sqlite3_bind_int64(handle_.get(), next_++, value);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  // An empty view may have no pointer, which SQLite would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  const int result = sqlite3_bind_text(handle_.get(), next_++, data, static_cast<int>(text.size()),
                                       SQLITE_TRANSIENT);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

Statement& Statement::BindNull() {
  const int result = sqlite3_bind_null(handle_.get(), next_++);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  if (bind_result_ != SQLITE_OK) {
    return absl::InternalError(fmt::format("database {}: bind to {}: {}", connection_->path(),
                                           sqlite3_sql(handle_.get()),
                                           sqlite3_errstr(bind_result_)));
  }
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  VSW_RETURN_IF_ERROR(connection_->ToStatus(result, sqlite3_sql(handle_.get())));
  return false;
}

absl::Status Statement::Run() {
  const absl::StatusOr<bool> row = Step();
  Reset();
  return row.status();
}

void Statement::Reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  next_ = 1;
  bind_result_ = SQLITE_OK;
}

std::string Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_.get(), column);
  if (text == nullptr) return "";
  return {reinterpret_cast<const char*>(text),
          static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

absl::StatusOr<Transaction> Transaction::Begin(Connection* connection) {
  VSW_RETURN_IF_ERROR(connection->Execute("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  // Some errors, a full disk among them, have rolled back already.
  if (connection_ == nullptr || sqlite3_get_autocommit(connection_->handle()) != 0) return;
  sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

absl::Status Transaction::Commit() {
  VSW_RETURN_IF_ERROR(connection_->Execute("COMMIT"));
  connection_ = nullptr;
  return absl::OkStatus();
}

}  // namespace vsw::db
