// SPDX-License-Identifier: Apache-2.0
//
// Records to rows: a difference and its revision. Called by db/store.cc within a transaction, which
// rolls back what was written before an error.
#ifndef VSW_DB_WRITER_H_
#define VSW_DB_WRITER_H_

#include "db/records.h"
#include "db/sqlite.h"

namespace vsw::db {

absl::Status WriteDelta(Connection* connection, const Delta& delta, uint64_t revision);

}  // namespace vsw::db

#endif  // VSW_DB_WRITER_H_
