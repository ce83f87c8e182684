// SPDX-License-Identifier: Apache-2.0
//
// One change of the configuration, free of wire types, and its effect on a Config. All checks that
// need more than the record itself are made here, in the order of the request. ApplyChange may
// leave the Config half changed when it fails: callers work on a copy and throw it away.
#ifndef VSW_CONTROL_CHANGE_H_
#define VSW_CONTROL_CHANGE_H_

#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "control/config.h"
#include "control/validate.h"
#include "db/records.h"

namespace vsw::control {

struct CreateBridge {
  db::BridgeRecord bridge;
  bool may_exist = false;
};
struct UpdateBridge {
  db::BridgeRecord bridge;         // name selects
  std::vector<std::string> paths;  // below Bridge, as in the API
};
struct DeleteBridge {
  std::string name;
  bool if_exists = false;
};
struct CreatePort {
  db::PortRecord port;
  bool may_exist = false;
};
struct UpdatePort {
  db::PortRecord port;             // name selects
  std::vector<std::string> paths;  // below Port, as in the API
};
struct DeletePort {
  std::string name;
  std::string bridge;  // empty = any
  bool if_exists = false;
};
struct AddFdbEntry {
  db::FdbRecord entry;
  bool may_exist = false;
};
struct DeleteFdbEntry {
  db::FdbKey key;
  bool if_exists = false;
};

using Change = std::variant<CreateBridge, UpdateBridge, DeleteBridge, CreatePort, UpdatePort,
                            DeletePort, AddFdbEntry, DeleteFdbEntry>;

/// "create_bridge" and so on: the field of a batch's change, for messages.
std::string NameOf(const Change& change);

/// Errors: InvalidArgument, NotFound, AlreadyExists, FailedPrecondition, each naming its field.
absl::Status ApplyChange(const Change& change, const HostView& host, Config* config);

// One for each alternative; bridge_changes.cc, port_changes.cc and fdb_changes.cc.
absl::Status Apply(const CreateBridge& change, const HostView& host, Config* config);
absl::Status Apply(const UpdateBridge& change, const HostView& host, Config* config);
absl::Status Apply(const DeleteBridge& change, const HostView& host, Config* config);
absl::Status Apply(const CreatePort& change, const HostView& host, Config* config);
absl::Status Apply(const UpdatePort& change, const HostView& host, Config* config);
absl::Status Apply(const DeletePort& change, const HostView& host, Config* config);
absl::Status Apply(const AddFdbEntry& change, const HostView& host, Config* config);
absl::Status Apply(const DeleteFdbEntry& change, const HostView& host, Config* config);

}  // namespace vsw::control

#endif  // VSW_CONTROL_CHANGE_H_
