// SPDX-License-Identifier: Apache-2.0
//
// Rows to records: one function for the whole database. Called by db/store.cc within a transaction.
#ifndef VSW_DB_READER_H_
#define VSW_DB_READER_H_

#include "db/records.h"
#include "db/sqlite.h"

namespace vsw::db {

/// Errors: DataLoss, naming table, row and column, for words that this program does not know.
absl::StatusOr<Contents> ReadContents(Connection* connection);

}  // namespace vsw::db

#endif  // VSW_DB_READER_H_
