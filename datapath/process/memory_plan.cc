// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/memory_plan.h"

#include <fstream>
#include <sstream>

#include "base/status.h"

namespace vsw {
namespace {

// Less those that are promised to mappings which have not touched them yet.
uint64_t FreePages(const std::string& root, uint64_t page_kib) {
  const auto read = [&](const char* what) {
    std::ifstream file(
        fmt::format("{}/sys/kernel/mm/hugepages/hugepages-{}kB/{}", root, page_kib, what));
    uint64_t count = 0;
    file >> count;
    return file ? count : 0;
  };
  const uint64_t free = read("free_hugepages"), promised = read("resv_hugepages");
  return free > promised ? free - promised : 0;
}

/// Largest number when it cannot be told.
uint64_t AvailableMib(const std::string& root) {
  std::ifstream file(root + "/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    uint64_t kib = 0;
    if (words >> name >> kib && name == "MemAvailable:") return kib / 1024;
  }
  return UINT64_MAX;
}

}  // namespace

absl::StatusOr<MemoryPlan> PlanMemory(uint64_t mib, Hugepages hugepages, const std::string& root) {
  if (mib < kMinMemoryMib || mib > kMaxMemoryMib) {
    return InvalidArgument("--memory {}: must be {}..{} MiB", mib, kMinMemoryMib, kMaxMemoryMib);
  }
  for (const uint64_t page_mib : {2, 1024}) {
    if (hugepages == Hugepages::kGone) break;
    const uint64_t free_mib = FreePages(root, page_mib * 1024) * page_mib;
    if (free_mib < mib) continue;
    return MemoryPlan{mib, true,
                      fmt::format("hugepages {}: {} MiB used of {} MiB that were free",
                                  page_mib == 2 ? "2 MiB" : "1 GiB", mib, free_mib)};
  }
  if (const uint64_t available = AvailableMib(root); available < mib) {
    return ResourceExhausted(
        "--memory {}: the machine has only {} MiB available; give a smaller --memory or free some",
        mib, available);
  }
  if (hugepages == Hugepages::kGone) {
    return MemoryPlan{mib, false,
                      fmt::format("ordinary memory, {} MiB: hugepages were free, but could not be "
                                  "had when they were wanted; for more speed reserve more of them "
                                  "and restart",
                                  mib)};
  }
  const uint64_t needed = (mib + 1) / 2;
  return MemoryPlan{mib, false,
                    fmt::format("ordinary memory, {} MiB: {} of the {} hugepages of 2 MiB needed "
                                "are free; for more speed reserve them (sysctl "
                                "vm.nr_hugepages={}) and restart",
                                mib, FreePages(root, 2048), needed, needed)};
}

}  // namespace vsw
