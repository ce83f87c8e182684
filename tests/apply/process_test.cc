// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include "datapath/process/core_list.h"
#include "datapath/process/memory_plan.h"
#include "datapath/process/pid_file.h"
#include "datapath/process/start_anew.h"
#include "tests/support/temp_folder.h"

namespace vsw {
namespace {

/// A machine as /sys and /proc show it.
class ProcessTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text << "\n";
  }
  void Machine(int small_pages, int large_pages, int available_mib) {
    Write("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", std::to_string(small_pages));
    Write("/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages",
          std::to_string(large_pages));
    Write("/proc/meminfo",
          "MemTotal: 1 kB\nMemAvailable: " + std::to_string(available_mib * 1024) + " kB");
  }
  const TempFolder folder_;
  const std::string root_ = folder_.path();
};

TEST_F(ProcessTest, TakesHugepagesWhenEnoughOfOneSizeAreFree) {
  Machine(256, 0, 100);
  auto plan = PlanMemory(512, Hugepages::kIfFree, root_);
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->hugepages);
  EXPECT_EQ(plan->description.rfind("hugepages 2 MiB", 0), 0u);
  Machine(255, 1, 100);
  plan = PlanMemory(512, Hugepages::kIfFree, root_);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->description.rfind("hugepages 1 GiB", 0), 0u);
}

TEST_F(ProcessTest, TakesOrdinaryMemoryOtherwiseAndSaysWhy) {
  Machine(255, 0, 1000);
  const auto plan = PlanMemory(512, Hugepages::kIfFree, root_);
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan->hugepages);
  EXPECT_NE(plan->description.find("255 of the 256"), std::string::npos) << plan->description;
  EXPECT_NE(plan->description.find("vm.nr_hugepages=256"), std::string::npos);
}

TEST_F(ProcessTest, CountsNoHugepagesThatArePromisedToOthers) {
  Machine(300, 0, 1000);
  Write("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "44");
  EXPECT_TRUE(PlanMemory(512, Hugepages::kIfFree, root_)->hugepages);
  Write("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "45");
  const auto plan = PlanMemory(512, Hugepages::kIfFree, root_);
  EXPECT_FALSE(plan->hugepages);
  EXPECT_NE(plan->description.find("255 of the 256"), std::string::npos) << plan->description;
  Write("/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "301");
  EXPECT_FALSE(PlanMemory(512, Hugepages::kIfFree, root_)->hugepages);
}

TEST_F(ProcessTest, TakesOrdinaryMemoryWhenHugepagesWereGone) {
  Machine(1000, 0, 1000);
  const auto plan = PlanMemory(512, Hugepages::kGone, root_);
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan->hugepages);
  EXPECT_NE(plan->description.find("could not be had"), std::string::npos) << plan->description;
}

TEST_F(ProcessTest, StartsAnewWithTheDescriptorsThatAreToStay) {
  int keep[2], lose[2];
  ASSERT_EQ(pipe(keep), 0);
  const std::set<int> before = OpenDescriptors();
  ASSERT_EQ(pipe(lose), 0);
  ASSERT_TRUE(before.contains(keep[1]) && !before.contains(lose[1]));
  if (const pid_t child = fork(); child == 0) {
    // This binary again, which lists its tests and ends.
    dup2(keep[1], STDOUT_FILENO);
    std::ignore =
        StartAnew({"anew", "--gtest_list_tests", "--gtest_filter=ProcessTest.Starts*"}, before);
    _exit(99);
  } else {
    close(keep[1]);
    close(lose[1]);
    char byte;
    // The end of the file comes though the child lives on: it no longer holds the pipe.
    EXPECT_EQ(read(lose[0], &byte, 1), 0);
    std::string said;
    while (read(keep[0], &byte, 1) == 1) said += byte;
    EXPECT_NE(said.find("StartsAnewWithThe"), std::string::npos) << said;
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  close(keep[0]);
  close(lose[0]);
}

TEST_F(ProcessTest, RefusesMoreMemoryThanThereIs) {
  Machine(0, 0, 300);
  const absl::Status status = PlanMemory(512, Hugepages::kIfFree, root_).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_NE(std::string(status.message()).find("only 300 MiB"), std::string::npos);
  EXPECT_TRUE(absl::IsInvalidArgument(PlanMemory(1, Hugepages::kIfFree, root_).status()));
}

TEST_F(ProcessTest, ReadsCoreLists) {
  Write("/sys/devices/system/cpu/present", "0-7");
  Write("/sys/devices/system/cpu/online", "0-5,7");
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  for (int core = 1; core < 8; ++core) CPU_SET(core, &allowed);
  EXPECT_EQ(*ParseCoreList("5,1-3,2", root_, allowed), (std::vector<int>{1, 2, 3, 5}));
  EXPECT_TRUE(ParseCoreList("", root_, allowed)->empty());
  const auto error = [&](const std::string& text) {
    return std::string(ParseCoreList(text, root_, allowed).status().message());
  };
  EXPECT_NE(error("1,8").find("no core 8"), std::string::npos);
  EXPECT_NE(error("6").find("core 6 is offline"), std::string::npos);
  EXPECT_NE(error("0-1").find("core 0 is not among"), std::string::npos);
  for (const char* text : {"x", "1,", "3-1", "-1", "1-", "1 2", "99999", ","}) {
    EXPECT_NE(error(text).find("give cores like"), std::string::npos) << text;
  }
}

TEST_F(ProcessTest, LetsOneDaemonHoldARunDirectory) {
  const std::string directory = root_ + "/deep/run";
  {
    const auto first = PidFile::Lock(directory, "vswitchd");
    ASSERT_TRUE(first.ok()) << first.status().message();
    const absl::Status second = PidFile::Lock(directory, "vswitchd").status();
    EXPECT_TRUE(absl::IsAlreadyExists(second));
    EXPECT_NE(std::string(second.message()).find("pid " + std::to_string(getpid())),
              std::string::npos);
  }
  EXPECT_TRUE(PidFile::Lock(directory, "vswitchd").ok());
}

TEST_F(ProcessTest, KeepsOtherThreadsOffTheWorkersCores) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  for (const int core : {0, 2, 5}) CPU_SET(core, &allowed);
  cpu_set_t others = CoresBeside({2, 3}, allowed);
  EXPECT_EQ(CPU_COUNT(&others), 2);
  EXPECT_TRUE(CPU_ISSET(0, &others) && CPU_ISSET(5, &others));
  others = CoresBeside({}, allowed);
  EXPECT_TRUE(CPU_EQUAL(&others, &allowed));
  others = CoresBeside({0, 2, 5}, allowed);  // there are no others
  EXPECT_TRUE(CPU_EQUAL(&others, &allowed));
}

}  // namespace
}  // namespace vsw
