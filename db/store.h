// SPDX-License-Identifier: Apache-2.0
//
// The configuration database: opened once by the control daemon, which reads everything at start
// and from then on writes differences, each in one transaction together with the revision that it
// makes. It checks no meaning (that is the caller's), but the file's own constraints back it up.
// When Write returns OK, the change survives a crash of the machine; when it returns an error,
// nothing changed.
//
// Thread safety: none; the owner serialises calls.
#ifndef VSW_DB_STORE_H_
#define VSW_DB_STORE_H_

#include <memory>
#include <string>

#include "db/lock_file.h"
#include "db/records.h"
#include "db/sqlite.h"

namespace vsw::db {

class Store {
 public:
  /// Opens or creates `path` and brings its tables up to date. `<path>.lock` is held while the
  /// store lives, so that no second daemon works on the file; reading it with other tools stays
  /// possible. Errors: AlreadyExists (another daemon has it), FailedPrecondition (a directory, a
  /// newer version, another program's database), DataLoss (damaged, or no database at all),
  /// PermissionDenied, ResourceExhausted (disk full), Unavailable (locked by another process).
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path);

  /// Everything, in one consistent reading. Errors: DataLoss for rows that make no sense.
  absl::StatusOr<Contents> Read();

  /// Applies `delta` and sets the revision, in one transaction.
  absl::Status Write(const Delta& delta, uint64_t revision);

  const std::string& path() const { return connection_.path(); }
  /// For tests that bound or disturb the file.
  Connection& connection() { return connection_; }

 private:
  Store(LockFile lock, Connection connection)
      : lock_(std::move(lock)), connection_(std::move(connection)) {}

  LockFile lock_;
  Connection connection_;
};

}  // namespace vsw::db

#endif  // VSW_DB_STORE_H_
