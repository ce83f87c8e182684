// SPDX-License-Identifier: Apache-2.0
//
// vswmgrd as a process: what starts it, what refuses to, and what a kill leaves behind.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/schema.h"
#include "tests/control/api_fixture.h"
#include "tests/support/files.h"

namespace vsw::control {
namespace {

using testing::HasSubstr;

class Process {
 public:
  Process(std::vector<std::string> arguments, const std::string& log) {
    pid_ = fork();
    if (pid_ != 0) return;
    const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(fd, STDERR_FILENO);
    dup2(fd, STDOUT_FILENO);
    std::vector<char*> argv = {const_cast<char*>(VSWMGRD)};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(VSWMGRD, argv.data());
    _exit(127);
  }
  ~Process() {
    if (pid_ > 0) End(SIGKILL);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// The wait status after the signal.
  int End(int signal) {
    kill(pid_, signal);
    return Wait();
  }
  int Wait() {
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

class DaemonTest : public testing::Test {
 protected:
  std::vector<std::string> Arguments(const std::string& run_dir, const std::string& db) const {
    return {"--run-dir", run_dir, "--db", db};
  }
  std::unique_ptr<Process> Start() {
    return std::make_unique<Process>(Arguments(run_dir_, db_), dir_ / "log");
  }
  bool Serves() {
    return Eventually([&] {
      Client client(run_dir_ + "/mgmt.sock");
      v1::StatusResponse response;
      return client
          .Call(client.status, &v1::StatusService::Stub::GetStatus, v1::GetStatusRequest(),
                &response, std::chrono::seconds(1))
          .ok();
    });
  }
  // Runs one that must not start; its log.
  std::string Refusal(const std::vector<std::string>& arguments, int exit_status = 1) {
    Process process(arguments, dir_ / "refusal");
    const int status = process.Wait();
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), exit_status);
    return ReadFile(dir_ / "refusal");
  }

  TempFolder dir_;
  const std::string run_dir_ = dir_ / "run/sub";
  const std::string db_ = dir_ / "var/conf.db";
};

TEST_F(DaemonTest, CreatesItsFoldersServesAndEndsOnSigterm) {
  auto daemon = Start();
  ASSERT_TRUE(Serves()) << ReadFile(dir_ / "log");
  EXPECT_EQ(ReadFile(run_dir_ + "/vswmgrd.pid"), fmt::format("{}\n", daemon->pid()));
  EXPECT_EQ(daemon->End(SIGTERM), 0);
  EXPECT_FALSE(std::filesystem::exists(run_dir_ + "/mgmt.sock"));
}

TEST_F(DaemonTest, EndsOnSigintWhileACallWaits) {
  auto daemon = Start();
  ASSERT_TRUE(Serves());
  Client client(run_dir_ + "/mgmt.sock");
  std::thread waiter([&] {
    v1::WaitAppliedRequest request;
    request.set_revision(1);
    v1::WaitAppliedResponse response;
    EXPECT_FALSE(
        client.Call(client.status, &v1::StatusService::Stub::WaitApplied, request, &response).ok());
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(daemon->End(SIGINT), 0);
  waiter.join();
}

TEST_F(DaemonTest, RefusesASecondOneOnItsRunDirectoryOrDatabase) {
  auto first = Start();
  ASSERT_TRUE(Serves());
  EXPECT_THAT(Refusal(Arguments(run_dir_, dir_ / "other.db")),
              HasSubstr(fmt::format("pid {}", first->pid())));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "other.db"));
  EXPECT_THAT(Refusal(Arguments(dir_ / "run2", db_)), HasSubstr("is in use"));
  EXPECT_TRUE(Serves());
  EXPECT_EQ(first->End(SIGTERM), 0);
}

TEST_F(DaemonTest, StartsOverTheSocketOfAKilledOne) {
  Start()->End(SIGKILL);
  auto killed = Start();
  ASSERT_TRUE(Serves());
  killed->End(SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(run_dir_ + "/mgmt.sock"));
  auto next = Start();
  EXPECT_TRUE(Serves());
}

TEST_F(DaemonTest, NeverLosesWhatItAcceptedWhenKilled) {
  int accepted = 0;
  for (int round = 0; round < 5; ++round) {
    auto daemon = Start();
    ASSERT_TRUE(Serves()) << ReadFile(dir_ / "log");
    Client client(run_dir_ + "/mgmt.sock");
    v1::ListBridgesResponse bridges;
    ASSERT_TRUE(client
                    .Call(client.bridges, &v1::BridgeService::Stub::ListBridges,
                          v1::ListBridgesRequest(), &bridges)
                    .ok());
    // One more than accepted may have been stored: the kill came between storing and answering.
    EXPECT_GE(bridges.bridges_size(), accepted);
    EXPECT_LE(bridges.bridges_size(), accepted + round);
    v1::ListPortsResponse ports;
    ASSERT_TRUE(
        client.Call(client.ports, &v1::PortService::Stub::ListPorts, v1::ListPortsRequest(), &ports)
            .ok());
    EXPECT_EQ(ports.ports_size(), 3 * bridges.bridges_size());  // all of a batch or none
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(30 + 17 * round));
      daemon->End(SIGKILL);
    });
    for (int i = 0;; ++i) {
      const std::string name = fmt::format("b{}-{}", round, i);
      v1::BatchRequest batch;
      *batch.add_changes()->mutable_create_bridge() = NewBridgeRequest(name);
      *batch.add_changes()->mutable_create_port() = NewTapRequest(name + "x", name);
      *batch.add_changes()->mutable_create_port() = NewTapRequest(name + "y", name);
      v1::ChangeResponse response;
      if (!client.Call(client.batches, &v1::BatchService::Stub::ApplyBatch, batch, &response)
               .ok()) {
        break;
      }
      ++accepted;
    }
    killer.join();
  }
  EXPECT_GT(accepted, 0);
}

TEST_F(DaemonTest, RefusesANewerDatabase) {
  std::filesystem::create_directories(dir_ / "var");
  {
    auto file = db::Connection::Open(db_);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(db::Migrate(&*file, db::Migrations()).ok());
    ASSERT_TRUE(file->Execute("PRAGMA user_version = 999").ok());
  }
  EXPECT_THAT(Refusal(Arguments(run_dir_, db_)), HasSubstr("schema version 999"));
}

TEST_F(DaemonTest, RefusesWrongCommandLines) {
  EXPECT_THAT(Refusal({"--no-such-flag"}, 2), HasSubstr("no-such-flag"));
  EXPECT_THAT(Refusal({"--log-level", "loud"}, 2), HasSubstr("loud"));
  std::vector<std::string> arguments = Arguments(run_dir_, db_);
  arguments.insert(arguments.end(), {"--metrics", "nonsense"});
  EXPECT_THAT(Refusal(arguments), HasSubstr("HOST:PORT"));
  EXPECT_THAT(Refusal(Arguments(dir_ / std::string(100, 'x'), db_)), HasSubstr("too long"));
}

TEST_F(DaemonTest, AnswersAFullDiskAndGoesOn) {
  const std::string mount_point = dir_ / "small";
  std::filesystem::create_directories(mount_point);
  if (mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=300k") != 0) {
    GTEST_SKIP() << "cannot mount a small tmpfs: " << strerror(errno);
  }
  {
    Process daemon(Arguments(run_dir_, mount_point + "/conf.db"), dir_ / "log");
    EXPECT_TRUE(Serves()) << ReadFile(dir_ / "log");
    Client client(run_dir_ + "/mgmt.sock");
    grpc::Status status;
    int stored = 0;
    for (int i = 0; status.ok() && i < 1000; ++i, ++stored) {
      auto request = NewBridgeRequest(fmt::format("br{}", i));
      (*request.mutable_bridge()->mutable_labels())["fill"] = std::string(4000, 'x');
      v1::ChangeResponse response;
      status =
          client.Call(client.bridges, &v1::BridgeService::Stub::CreateBridge, request, &response);
    }
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("disk full"));
    v1::ListBridgesResponse bridges;
    EXPECT_TRUE(client
                    .Call(client.bridges, &v1::BridgeService::Stub::ListBridges,
                          v1::ListBridgesRequest(), &bridges)
                    .ok());
    EXPECT_EQ(bridges.bridges_size(), stored - 1);
  }
  umount(mount_point.c_str());
}

}  // namespace
}  // namespace vsw::control
