// SPDX-License-Identifier: Apache-2.0
//
// vswitchd: puts the rooms together, says when it is ready, and takes them apart again. It starts
// empty; the control daemon sends the configuration.
//
// Exit status: 0 stopped by SIGTERM or SIGINT; 1 could not start; 2 wrong command line.
#include <pthread.h>
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "datapath/apply/datapath_server.h"
#include "datapath/apply/perf_service.h"
#include "datapath/port/port_factory.h"
#include "datapath/port/tap_device.h"
#include "datapath/process/core_list.h"
#include "datapath/process/eal.h"
#include "datapath/process/mbuf_pool.h"
#include "datapath/process/memory_plan.h"
#include "datapath/process/pid_file.h"
#include "datapath/process/start_anew.h"
#include "datapath/process/stop_wait.h"
#include "datapath/tunnel/underlay_tables.h"
#include "datapath/underlay/underlay.h"
#include "ofproto/openflow_connections.h"
#include "ofproto/service/inspect_service.h"
#include "ofproto/service/openflow_service.h"
#include "ofproto/switch.h"

namespace vsw {
namespace {

constexpr int kExitCannotStart = 1;
constexpr int kExitUsage = 2;
constexpr unsigned kStopSeconds = 2;
constexpr const char* kHugepagesGone = "--hugepages-gone";

struct Flags {
  std::string run_dir = "/run/vsw";
  std::string workers;
  uint64_t memory_mib = 512;
  bool hugepages_gone = false;
  std::string log_level = "info";
  TlsSettings tls;  // of OpenFlow connections
};

/// Blocked in every thread, so that only main() takes them, by sigwait().
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// A device or guest that does not let go must not hold up a restart: kernel devices stay as they
/// are anyway.
void LimitStopTime() {
  signal(SIGALRM, [](int) { _exit(0); });
  alarm(kStopSeconds);
}

std::optional<TunnelWay> DescribeWay(const Underlay& underlay, const TunnelEnds& ends) {
  const UnderlayReport report = underlay.report();
  const auto found = report.tunnels.find(ends);
  if (found == report.tunnels.end()) return std::nullopt;
  return TunnelWay{found->second.way, found->second.mtu, found->second.ready};
}

absl::Status Serve(const Flags& flags, const std::vector<int>& cores, const MemoryPlan& memory,
                   const sigset_t& stop_signals) {
  VSW_ASSIGN_OR_RETURN(rte_mempool * pool, MakeMbufPool(memory));
  Switch slow_path;
  WorkerOptions options;
  options.cores = cores;
  UnderlayTables underlay_tables;
  options.underlay = &underlay_tables;
  VSW_ASSIGN_OR_RETURN(const std::unique_ptr<WorkerSet> workers,
                       WorkerSet::Start(options, &slow_path, pool));
  InfoSignal signal;
  VSW_ASSIGN_OR_RETURN(
      const std::unique_ptr<Underlay> underlay,
      Underlay::Start(&underlay_tables, workers.get(), pool, [&signal] { signal.Raise(true); }));
  PortEnvironment environment;
  environment.mbuf_pool = pool;
  environment.worker_count = static_cast<uint16_t>(workers->ReadWorkers().size());
  // Another spelling of the same folder must not lose the devices of an earlier life.
  std::error_code ignored;
  environment.instance = std::filesystem::canonical(flags.run_dir, ignored).string();
  environment.synchronize = [&workers] { workers->Synchronize(); };
  environment.wake_workers = [&workers] { workers->WakeAll(); };
  environment.info_changed = [&signal](PortNo) { signal.Raise(true); };
  environment.tunnel = {
      .pool = pool,
      .tunnels = workers->tunnels(),
      .next_hops = &underlay_tables.next_hops,
      .outlets = {},
      .synchronize = environment.synchronize,
      .describe_way = [&underlay](const TunnelEnds& ends) { return DescribeWay(*underlay, ends); }};
  for (uint32_t i = 0; i < environment.worker_count; ++i) {
    environment.tunnel.outlets.push_back(workers->outlet(WorkerId{i}));
  }
  auto make_port = [&environment](const PortRequest& request) {
    return MakePort(environment, request);
  };
  auto sweep = [&environment](const std::set<std::string>& wanted) {
    for (const std::string& port : RemoveStaleTaps(environment.instance, wanted)) {
      VSW_LOG_INFO("removed the device of port {}, which was deleted meanwhile", port);
    }
  };
  const UnderlaySide underlay_side = {
      .configure = [&underlay](const UnderlayConfig& config) { underlay->Configure(config); },
      .locals = [&underlay] { return underlay->report().locals; },
      .port_names = [&underlay] { return underlay->port_names(); }};
  ApplyThread apply(
      std::make_unique<Applier>(workers.get(), &slow_path, make_port, sweep, underlay_side),
      workers.get(), &signal);
  OpenFlowConnections connections(
      {.run_dir = flags.run_dir, .software = "vsw " VSW_VERSION, .tls = flags.tls}, workers.get(),
      &slow_path);
  if (!(flags.tls == TlsSettings()) && !connections.tls_error().empty()) {
    VSW_LOG_WARN("OpenFlow over TLS cannot be had: {}", connections.tls_error());
  }
  OpenFlowService openflow(workers.get(), &slow_path);
  InspectService inspect(workers.get(), workers.get(), &slow_path);
  PerfService perf(workers.get());
  DatapathService service({.version = VSW_VERSION, .memory = memory.description, .warnings = {}},
                          &apply, workers.get(), &slow_path, &openflow);
  VSW_ASSIGN_OR_RETURN(std::unique_ptr<DatapathServer> server,
                       DatapathServer::Start(flags.run_dir + "/vswitchd.sock", &service,
                                             {&openflow, &inspect, &perf}));
  VSW_LOG_INFO("vswitchd {} is ready on {}; {}", VSW_VERSION, flags.run_dir, memory.description);
  sd_notify(0, "READY=1");

  // Every worker has to come by for that.
  const int number = WaitForStop(stop_signals, [&workers] { workers->Synchronize(); });
  VSW_LOG_INFO("stopping: {}", number == SIGTERM ? "SIGTERM" : "SIGINT");
  sd_notify(0, "STOPPING=1");
  LimitStopTime();
  server.reset();
  apply.Stop();
  // Bridges give back what they have of the datapath, which ends before them.
  workers->RunOnSlowThread([&slow_path] { slow_path.Configure({}); });
  return absl::OkStatus();
}

/// Of this thread, and so of those that it starts from now on, DPDK's and gRPC's too.
absl::Status RunOn(const cpu_set_t& cores) {
  if (const int error = pthread_setaffinity_np(pthread_self(), sizeof(cores), &cores)) {
    return ErrnoStatus(error, "choose the cores of threads that are no workers");
  }
  return absl::OkStatus();
}

/// Others may have taken the hugepages since they were counted, or a limit keeps them from us.
absl::Status StartWithoutHugepages(const absl::Status& error, std::vector<std::string> arguments,
                                   const std::set<int>& descriptors, const cpu_set_t& allowed) {
  VSW_LOG_WARN("{}; going on without hugepages", std::string(error.message()));
  VSW_RETURN_IF_ERROR(RunOn(allowed));
  arguments.push_back(kHugepagesGone);
  return StartAnew(arguments, descriptors);
}

absl::Status Run(const Flags& flags, const std::vector<std::string>& arguments) {
  const sigset_t stop_signals = BlockStopSignals();
  VSW_ASSIGN_OR_RETURN(const PidFile pid_file, PidFile::Lock(flags.run_dir, "vswitchd"));
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (const int error = pthread_getaffinity_np(pthread_self(), sizeof(allowed), &allowed)) {
    return ErrnoStatus(error, "read the cores that this process may use");
  }
  VSW_ASSIGN_OR_RETURN(const std::vector<int> cores, ParseCoreList(flags.workers, "", allowed));
  VSW_ASSIGN_OR_RETURN(
      const MemoryPlan memory,
      PlanMemory(flags.memory_mib, flags.hugepages_gone ? Hugepages::kGone : Hugepages::kIfFree,
                 ""));
  const std::set<int> descriptors = OpenDescriptors();
  VSW_RETURN_IF_ERROR(RunOn(CoresBeside(cores, allowed)));
  if (const absl::Status status = StartEal(memory); !status.ok()) {
    if (!memory.hugepages) return status;
    return StartWithoutHugepages(status, arguments, descriptors, allowed);
  }
  return Serve(flags, cores, memory, stop_signals);
}

void AddFlags(CLI::App* app, Flags* flags) {
  app->add_option("--run-dir", flags->run_dir, "Directory for the private socket and the pid file")
      ->capture_default_str();
  app->add_option("--workers", flags->workers,
                  "Cores to run workers on, such as 1,3-5 (default: one worker, not pinned)");
  app->add_option("--memory", flags->memory_mib, "Memory to use, in MiB")->capture_default_str();
  // Not for people: see StartWithoutHugepages().
  app->add_flag(kHugepagesGone, flags->hugepages_gone)->group("");
  app->add_option("--log-level", flags->log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
  app->add_option("--of-private-key", flags->tls.private_key,
                  "PEM file of the key for OpenFlow connections over TLS");
  app->add_option("--of-certificate", flags->tls.certificate, "PEM file of its certificate");
  app->add_option("--of-ca-cert", flags->tls.ca_certificate,
                  "PEM file of the authorities that peers' certificates are checked by");
  app->set_version_flag("--version", "vswitchd " VSW_VERSION);
}

}  // namespace
}  // namespace vsw

int main(int argc, char** argv) {
  CLI::App app("vswitchd: the datapath of the vsw virtual switch");
  vsw::Flags flags;
  vsw::AddFlags(&app, &flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : vsw::kExitUsage;
  }
  if (const absl::Status status = vsw::InitLogging(flags.log_level); !status.ok()) {
    std::fprintf(stderr, "vswitchd: %s\n", std::string(status.message()).c_str());
    return vsw::kExitUsage;
  }
  const absl::Status status = vsw::Run(flags, {argv, argv + argc});
  if (status.ok()) return 0;
  VSW_LOG_ERROR("vswitchd: {}", std::string(status.message()));
  return vsw::kExitCannotStart;
}
