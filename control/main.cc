// SPDX-License-Identifier: Apache-2.0
//
// vswmgrd: the control daemon, in the foreground. Exit status: 0 after SIGTERM or SIGINT, 1 if it
// cannot start, 2 for a wrong command line.
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "base/log.h"
#include "control/daemon.h"
#include "control/version.h"

namespace {

// Blocked before there is a second thread, so that all of them inherit it and only we take them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

int Run(const vsw::control::DaemonOptions& options) {
  const sigset_t signals = BlockStopSignals();
  auto daemon = vsw::control::Daemon::Start(options);
  if (!daemon.ok()) {
    VSW_LOG_ERROR("vswmgrd cannot start: {}", std::string(daemon.status().message()));
    return 1;
  }
  sd_notify(0, "READY=1\nSTATUS=serving");
  int signal = 0;
  sigwait(&signals, &signal);
  VSW_LOG_INFO("vswmgrd stops on signal {}", signal);
  sd_notify(0, "STOPPING=1");
  daemon->reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  vsw::control::DaemonOptions options;
  std::string log_level = "info";
  CLI::App app("vswmgrd keeps the configuration of vsw and has vswitchd run it.");
  app.set_version_flag("--version", std::string("vswmgrd ") + vsw::control::kVersion);
  app.add_option("--run-dir", options.run_dir, "folder of sockets and pid file")
      ->capture_default_str();
  app.add_option("--db", options.db_path, "configuration database")->capture_default_str();
  app.add_option("--log-level", log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
  app.add_option("--metrics", options.metrics_address,
                 "serve Prometheus metrics on this HOST:PORT; off unless given");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (const absl::Status status = vsw::InitLogging(log_level); !status.ok()) {
    std::fprintf(stderr, "vswmgrd: --log-level: %s\n", std::string(status.message()).c_str());
    return 2;
  }
  umask(0027);
  return Run(options);
}
