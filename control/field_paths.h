// SPDX-License-Identifier: Apache-2.0
//
// Field masks: which members of a record an update takes over. A record type has a table of paths
// with a member each; a map member also takes "<path>.<key>", whose key may itself have dots.
#ifndef VSW_CONTROL_FIELD_PATHS_H_
#define VSW_CONTROL_FIELD_PATHS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/field_error.h"
#include "db/records.h"

namespace vsw::control {

template <typename Record>
struct FieldPath {
  std::string_view path;
  // Copies the member from `values` to `target`.
  void (*copy)(const Record& values, Record* target);
  // For maps: the member whose single keys can be named too.
  db::StringMap Record::*map = nullptr;
};

/// Sets the key as in `values`, or removes it if it is absent there.
inline void CopyKey(const db::StringMap& values, const std::string& key, db::StringMap* target) {
  const auto found = values.find(key);
  if (found == values.end()) {
    target->erase(key);
  } else {
    (*target)[key] = found->second;
  }
}

/// Copies what `paths` name from `values` to `target`; `known` lists the paths for the message.
template <typename Record, typename Table>
absl::Status CopyPaths(const Table& table, const std::vector<std::string>& paths,
                       const std::string& known, const Record& values, Record* target) {
  if (paths.empty()) return BadField("update_mask", "it is empty; name what to change: {}", known);
  for (const std::string& path : paths) {
    bool done = false;
    for (const FieldPath<Record>& field : table) {
      if (path == field.path) {
        field.copy(values, target);
        done = true;
      } else if (field.map != nullptr && path.size() > field.path.size() + 1 &&
                 path.starts_with(field.path) && path[field.path.size()] == '.') {
        const std::string key = path.substr(field.path.size() + 1);
        CopyKey(values.*field.map, key, &(target->*field.map));
        done = true;
      }
    }
    if (!done) {
      return BadField("update_mask", "{} cannot be updated; what can is: {}", Quote(path), known);
    }
  }
  return absl::OkStatus();
}

}  // namespace vsw::control

#endif  // VSW_CONTROL_FIELD_PATHS_H_
