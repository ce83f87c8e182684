// SPDX-License-Identifier: Apache-2.0
//
// The tables, as an ordered list of migrations. `PRAGMA user_version` counts how many of them a
// file has been through; opening an older file runs the missing ones in one transaction, and a
// newer file is refused untouched. A released migration is never edited: a change is a new one at
// the end.
#ifndef VSW_DB_SCHEMA_H_
#define VSW_DB_SCHEMA_H_

#include <span>
#include <string>

#include "db/sqlite.h"

namespace vsw::db {

/// SQL that leads from version i to version i + 1, for i = index.
std::span<const std::string> Migrations();

/// Brings the file to version migrations.size(), all or nothing.
/// Errors: FailedPrecondition for a newer version or a database of another program, both left
/// untouched; else what SQLite reports.
absl::Status Migrate(Connection* connection, std::span<const std::string> migrations);

}  // namespace vsw::db

#endif  // VSW_DB_SCHEMA_H_
