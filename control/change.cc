// SPDX-License-Identifier: Apache-2.0
#include "control/change.h"

#include <array>

namespace vsw::control {

std::string NameOf(const Change& change) {
  static constexpr std::array<const char*, std::variant_size_v<Change>> kNames = {
      "create_bridge", "update_bridge", "delete_bridge", "create_port",
      "update_port",   "delete_port",   "add_fdb_entry", "delete_fdb_entry"};
  return kNames[change.index()];
}

absl::Status ApplyChange(const Change& change, const HostView& host, Config* config) {
  return std::visit([&](const auto& alternative) { return Apply(alternative, host, config); },
                    change);
}

}  // namespace vsw::control
