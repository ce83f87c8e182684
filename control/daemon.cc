// SPDX-License-Identifier: Apache-2.0
#include "control/daemon.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "base/log.h"
#include "control/batch_service.h"
#include "control/bridge_service.h"
#include "control/fdb_service.h"
#include "control/inspect_service.h"
#include "control/metrics.h"
#include "control/openflow_service.h"
#include "control/perf_service.h"
#include "control/port_service.h"
#include "control/reconciler.h"
#include "control/status_service.h"
#include "control/version.h"
#include "db/lock_file.h"
#include "db/store.h"

namespace vsw::control {
namespace {

constexpr int kMaxMessageBytes = 16 << 20;
constexpr size_t kMaxServerMemoryBytes = 512U << 20;
constexpr size_t kMaxSocketPath = 107;  // sun_path of unix(7), less the terminator
constexpr std::chrono::milliseconds kShutdownGrace(200);

struct Paths {
  std::string management;
  std::string vswitchd;
  std::string pid_file;
};

absl::StatusOr<Paths> PathsIn(const std::string& run_dir) {
  Paths paths{.management = run_dir + "/mgmt.sock",
              .vswitchd = run_dir + "/vswitchd.sock",
              .pid_file = run_dir + "/vswmgrd.pid"};
  if (paths.vswitchd.size() > kMaxSocketPath) {
    return InvalidArgument(
        "run directory {} is too long: {} octets with a socket's name, at most {}; choose another",
        run_dir, paths.vswitchd.size(), kMaxSocketPath);
  }
  // gRPC reads an address as a URI.
  if (run_dir.find_first_of("%?#") != std::string::npos) {
    return InvalidArgument("run directory {} has one of % ? # in it; choose another", run_dir);
  }
  return paths;
}

absl::Status MakeFolder(const std::string& what, const std::filesystem::path& path, mode_t mode) {
  std::error_code error;
  const bool created = std::filesystem::create_directories(path, error);
  if (error) {
    return ErrnoStatus(error.value(), fmt::format("create {} {}", what, path.string()));
  }
  if (!std::filesystem::is_directory(path, error)) {
    return FailedPrecondition("{} {} is not a folder; name another, or move the file away", what,
                              path.string());
  }
  if (created && chmod(path.c_str(), mode) != 0) {
    return ErrnoStatus(errno, fmt::format("set the mode of {} {}", what, path.string()));
  }
  return absl::OkStatus();
}

absl::StatusOr<db::LockFile> TakeRunDir(const std::string& run_dir, const std::string& pid_file) {
  absl::StatusOr<db::LockFile> lock = db::LockFile::Acquire(pid_file);
  if (!absl::IsAlreadyExists(lock.status())) return lock;
  return AlreadyExists("another vswmgrd runs on {}: {}; stop it, or use another --run-dir", run_dir,
                       std::string(lock.status().message()));
}

}  // namespace

struct Daemon::Parts {
  explicit Parts(Paths the_paths, db::LockFile the_lock)
      : paths(std::move(the_paths)),
        run_dir_lock(std::move(the_lock)),
        client(paths.vswitchd),
        view(fmt::format("vswitchd has not answered on {} yet; start it, or look at its log",
                         paths.vswitchd)) {}

  const Paths paths;
  db::LockFile run_dir_lock;
  SwitchClient client;
  SwitchView view;
  std::unique_ptr<Configurator> configurator;
  std::unique_ptr<ChangeQueue> queue;
  std::unique_ptr<Reconciler> reconciler;
  std::unique_ptr<prometheus::Exposer> exposer;
  std::shared_ptr<Metrics> metrics;

  std::optional<BridgeService> bridges;
  std::optional<PortService> ports;
  std::optional<FdbService> fdb;
  std::optional<BatchService> batches;
  std::optional<OpenFlowService> openflow;
  std::optional<InspectService> inspect;
  std::optional<PerfService> perf;
  std::optional<StatusService> status;
  std::unique_ptr<grpc::Server> server;

  absl::Status OpenConfiguration(const std::string& db_path);
  absl::Status StartReconciler();
  absl::Status Serve();
  absl::Status Listen(grpc::ServerBuilder* builder);
};

absl::Status Daemon::Parts::OpenConfiguration(const std::string& db_path) {
  VSW_ASSIGN_OR_RETURN(std::unique_ptr<db::Store> store, db::Store::Open(db_path));
  VSW_ASSIGN_OR_RETURN(
      configurator, Configurator::Make(std::move(store), RealHost({paths.management, paths.vswitchd,
                                                                   paths.pid_file})));
  return absl::OkStatus();
}

absl::Status Daemon::Parts::StartReconciler() {
  reconciler = std::make_unique<Reconciler>(configurator.get(), &client, &view);
  configurator->set_listener([this] { reconciler->Wake(); });
  VSW_RETURN_IF_ERROR(reconciler->Start());
  queue = std::make_unique<ChangeQueue>(configurator.get());
  return absl::OkStatus();
}

absl::Status Daemon::Parts::Serve() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  const ServiceContext services{configurator.get(), queue.get(), &client, &view};
  bridges.emplace(services);
  ports.emplace(services);
  fdb.emplace(services);
  batches.emplace(services);
  openflow.emplace(services);
  inspect.emplace(services);
  perf.emplace(services);
  status.emplace(services);
  grpc::ServerBuilder builder;
  builder.RegisterService(&*bridges)
      .RegisterService(&*ports)
      .RegisterService(&*fdb)
      .RegisterService(&*batches)
      .RegisterService(&*openflow)
      .RegisterService(&*inspect)
      .RegisterService(&*perf)
      .RegisterService(&*status);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("vswmgrd").Resize(kMaxServerMemoryBytes));
  return Listen(&builder);
}

absl::Status Daemon::Parts::Listen(grpc::ServerBuilder* builder) {
  // We hold the run directory: a socket that is there was left by a daemon that is gone.
  if (unlink(paths.management.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus(errno, "remove the old socket " + paths.management);
  }
  int bound = 0;
  builder->AddListeningPort("unix:" + paths.management, grpc::InsecureServerCredentials(), &bound);
  server = builder->BuildAndStart();
  if (server == nullptr || bound == 0) {
    return Unavailable("cannot listen on {}; check the folder's owner, mode and free space",
                       paths.management);
  }
  if (chmod(paths.management.c_str(), 0660) != 0) {
    return ErrnoStatus(errno, "set the mode of " + paths.management);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const DaemonOptions& options) {
  const std::string run_dir =
      std::filesystem::absolute(options.run_dir).lexically_normal().string();
  const std::filesystem::path db_path =
      std::filesystem::absolute(options.db_path).lexically_normal();
  VSW_ASSIGN_OR_RETURN(Paths paths, PathsIn(run_dir));
  VSW_RETURN_IF_ERROR(MakeFolder("run directory", run_dir, 0755));
  VSW_ASSIGN_OR_RETURN(db::LockFile lock, TakeRunDir(run_dir, paths.pid_file));
  VSW_RETURN_IF_ERROR(MakeFolder("database folder", db_path.parent_path(), 0750));

  std::unique_ptr<Daemon> daemon(
      new Daemon(std::make_unique<Parts>(std::move(paths), std::move(lock))));
  Parts& parts = *daemon->parts_;
  VSW_RETURN_IF_ERROR(parts.OpenConfiguration(db_path.string()));
  if (!options.metrics_address.empty()) {
    parts.metrics = std::make_shared<Metrics>(parts.configurator.get(), &parts.client, &parts.view);
    VSW_ASSIGN_OR_RETURN(parts.exposer, ServeMetrics(options.metrics_address, parts.metrics));
  }
  VSW_RETURN_IF_ERROR(parts.StartReconciler());
  VSW_RETURN_IF_ERROR(parts.Serve());
  VSW_LOG_INFO("vswmgrd {} serves {} from {}, revision {}", kVersion, parts.paths.management,
               db_path.string(), parts.configurator->Current()->revision);
  return daemon;
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Daemon::~Daemon() {
  Parts& parts = *parts_;
  parts.exposer.reset();
  if (parts.server != nullptr) {
    unlink(parts.paths.management.c_str());
    parts.server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  }
  if (parts.queue != nullptr) parts.queue->Stop();
  if (parts.reconciler != nullptr) parts.reconciler->Stop();
  parts.server.reset();
}

std::string Daemon::socket_path() const { return parts_->paths.management; }

}  // namespace vsw::control
