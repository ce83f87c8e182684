// SPDX-License-Identifier: Apache-2.0
//
// vswmgrd but for its command line: takes its files, opens the database, starts the reconciler, and
// serves the API on <run-dir>/mgmt.sock. Tests run it in their own process.
#ifndef VSW_CONTROL_DAEMON_H_
#define VSW_CONTROL_DAEMON_H_

#include <memory>
#include <string>

#include "base/status.h"

namespace vsw::control {

struct DaemonOptions {
  std::string run_dir = "/run/vsw";
  std::string db_path = "/var/lib/vsw/conf.db";
  std::string metrics_address;  // empty = none
};

class Daemon {
 public:
  /// When it returns, calls are answered. Folders that are missing are created.
  /// Errors: AlreadyExists (another daemon has the run directory or the database), those of the
  /// database, and what the system says; nothing of another daemon is disturbed.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const DaemonOptions& options);

  /// Stops within a second: calls under way are cancelled, a change at hand is finished.
  ~Daemon();

  std::string socket_path() const;

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_DAEMON_H_
