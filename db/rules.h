// SPDX-License-Identifier: Apache-2.0
//
// Rules to rows and back. Called by db/store.cc within a transaction, which rolls back what was
// written before an error.
#ifndef VSW_DB_RULES_H_
#define VSW_DB_RULES_H_

#include "db/rule_records.h"
#include "db/sqlite.h"

namespace vsw::db {

absl::StatusOr<RuleContents> ReadRules(Connection* connection);
absl::Status DeleteRules(Connection* connection, const RuleDelta& delta);
/// REQUIRES: the bridges are there.
absl::Status PutRules(Connection* connection, const RuleContents& rules);

}  // namespace vsw::db

#endif  // VSW_DB_RULES_H_
