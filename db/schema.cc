// SPDX-License-Identifier: Apache-2.0
#include "db/schema.h"

#include <array>

namespace vsw::db {
namespace {

// "vsw0" in ASCII: tells our files from those of other programs (file header, offset 68).
constexpr int64_t kApplicationId = 0x76737730;

// Numbers of 64 bits without sign (dpid) are kept as the signed number of the same bits. Words
// rather than numbers for kinds and modes, so that the file reads in the sqlite3 shell.
const char* const kBase = R"sql(
CREATE TABLE revision (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  value INTEGER NOT NULL CHECK (value >= 1)
) STRICT;
INSERT INTO revision VALUES (1, 1);

CREATE TABLE bridge (
  name TEXT PRIMARY KEY NOT NULL,
  dpid INTEGER NOT NULL,
  fdb_ageing_seconds INTEGER NOT NULL,
  fdb_max_entries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE bridge_label (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (bridge, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE port (
  name TEXT PRIMARY KEY NOT NULL,
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  ofport INTEGER CHECK (ofport BETWEEN 1 AND 65534),
  vlan_mode TEXT NOT NULL,
  vlan_tag INTEGER NOT NULL CHECK (vlan_tag BETWEEN 0 AND 4094),
  priority_tags TEXT NOT NULL,
  qinq_ethertype INTEGER NOT NULL,
  UNIQUE (bridge, ofport)
) STRICT, WITHOUT ROWID;

CREATE TABLE port_trunk (
  port TEXT NOT NULL REFERENCES port (name) ON DELETE CASCADE,
  vlan INTEGER NOT NULL CHECK (vlan BETWEEN 0 AND 4094),
  PRIMARY KEY (port, vlan)
) STRICT, WITHOUT ROWID;

CREATE TABLE port_cvlan (
  port TEXT NOT NULL REFERENCES port (name) ON DELETE CASCADE,
  vlan INTEGER NOT NULL CHECK (vlan BETWEEN 0 AND 4094),
  PRIMARY KEY (port, vlan)
) STRICT, WITHOUT ROWID;

CREATE TABLE port_option (
  port TEXT NOT NULL REFERENCES port (name) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (port, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE port_label (
  port TEXT NOT NULL REFERENCES port (name) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (port, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE static_fdb (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  vlan INTEGER NOT NULL CHECK (vlan BETWEEN 0 AND 4094),
  mac INTEGER NOT NULL CHECK (mac BETWEEN 1 AND 0xffffffffffff),
  port TEXT NOT NULL REFERENCES port (name) ON DELETE CASCADE,
  PRIMARY KEY (bridge, vlan, mac)
) STRICT, WITHOUT ROWID;
CREATE INDEX static_fdb_by_port ON static_fdb (port);
)sql";

// OpenFlow port numbers used to be the switch's to choose where none was asked for; rules need ones
// that stay. Each port without one gets a free one of its bridge, in the order of names.
const char* const kStableOfPorts = R"sql(
WITH RECURSIVE
  number (n) AS (SELECT 1 UNION ALL
                 SELECT n + 1 FROM number WHERE n < min(65279, (SELECT count(*) FROM port))),
  free (bridge, n, place) AS (
    SELECT bridge.name, n, row_number() OVER (PARTITION BY bridge.name ORDER BY n)
    FROM bridge, number
    WHERE NOT EXISTS (SELECT 1 FROM port WHERE port.bridge = bridge.name AND ofport = n)),
  without (name, bridge, place) AS (
    SELECT name, bridge, row_number() OVER (PARTITION BY bridge ORDER BY name)
    FROM port WHERE ofport IS NULL)
UPDATE port SET ofport = chosen.n
FROM (SELECT without.name, free.n FROM without JOIN free USING (bridge, place)) AS chosen
WHERE port.name = chosen.name;
)sql";

// OpenFlow rules. Matches and actions are canonical text, as docs/openflow.md tells, with ports by
// number; a rule's columns together are what makes it that rule and no other. Bridges that were
// there before decided by NORMAL, and go on doing so by a rule.
const char* const kRules = R"sql(
ALTER TABLE bridge ADD COLUMN fail_mode TEXT NOT NULL DEFAULT 'standalone';

CREATE TABLE bridge_controller (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (bridge, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE bridge_listener (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (bridge, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE flow (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  table_id INTEGER NOT NULL CHECK (table_id BETWEEN 0 AND 253),
  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 65535),
  match TEXT NOT NULL,
  cookie INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  importance INTEGER NOT NULL,
  actions TEXT NOT NULL,
  PRIMARY KEY (bridge, table_id, priority, match)
) STRICT, WITHOUT ROWID;

CREATE TABLE of_group (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  id INTEGER NOT NULL CHECK (id BETWEEN 0 AND 0xffffffff),
  text TEXT NOT NULL,
  PRIMARY KEY (bridge, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE of_meter (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  id INTEGER NOT NULL CHECK (id BETWEEN 0 AND 0xffffffff),
  text TEXT NOT NULL,
  PRIMARY KEY (bridge, id)
) STRICT, WITHOUT ROWID;

INSERT INTO flow SELECT name, 0, 0, '', 0, 0, 0, 'NORMAL' FROM bridge;
)sql";

// Geneve options that rules may use: tun_metadata0 and so on.
const char* const kTlvMap = R"sql(
CREATE TABLE bridge_tlv (
  bridge TEXT NOT NULL REFERENCES bridge (name) ON DELETE CASCADE,
  field TEXT NOT NULL,
  option TEXT NOT NULL,
  PRIMARY KEY (bridge, field)
) STRICT, WITHOUT ROWID;
)sql";

absl::Status CheckOwner(Connection* connection, int64_t version) {
  VSW_ASSIGN_OR_RETURN(const int64_t owner, connection->QueryInt("PRAGMA application_id"));
  if (owner == kApplicationId) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(const int64_t objects,
                       connection->QueryInt("SELECT count(*) FROM sqlite_schema"));
  if (owner == 0 && version == 0 && objects == 0) return absl::OkStatus();
  return FailedPrecondition(
      "database {} belongs to another program; name another file, or move it away",
      connection->path());
}

}  // namespace

std::span<const std::string> Migrations() {
  static const std::array<std::string, 4> migrations = {kBase, kStableOfPorts, kRules, kTlvMap};
  return migrations;
}

absl::Status Migrate(Connection* connection, std::span<const std::string> migrations) {
  VSW_ASSIGN_OR_RETURN(const int64_t version, connection->QueryInt("PRAGMA user_version"));
  const auto known = static_cast<int64_t>(migrations.size());
  VSW_RETURN_IF_ERROR(CheckOwner(connection, version));
  if (version > known || version < 0) {
    return FailedPrecondition(
        "database {} has schema version {}, this program knows versions up to {}; use the newer "
        "program, or restore a backup made before the upgrade",
        connection->path(), version, known);
  }
  if (version == known) return absl::OkStatus();
  VSW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(connection));
  for (int64_t i = version; i < known; ++i) VSW_RETURN_IF_ERROR(connection->Execute(migrations[i]));
  VSW_RETURN_IF_ERROR(connection->Execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, known)));
  return transaction.Commit();
}

}  // namespace vsw::db
