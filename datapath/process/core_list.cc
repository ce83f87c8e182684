// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/core_list.h"

#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>

#include "base/status.h"

namespace vsw {
namespace {

std::optional<int> ParseNumber(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 ||
      value >= CPU_SETSIZE) {
    return std::nullopt;
  }
  return value;
}

/// "1,3-5" as the kernel writes it too; nothing if it is not of that form.
std::optional<std::set<int>> ParseRanges(std::string_view text) {
  std::set<int> result;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const size_t dash = item.find('-');
    const std::optional<int> first = ParseNumber(item.substr(0, dash));
    const std::optional<int> last =
        dash == std::string_view::npos ? first : ParseNumber(item.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    for (int core = *first; core <= *last; ++core) result.insert(core);
    if (comma == std::string_view::npos) return result;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::set<int>> ReadKernelList(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (!(file >> text)) return std::nullopt;
  return ParseRanges(text);
}

}  // namespace

absl::StatusOr<std::vector<int>> ParseCoreList(const std::string& text, const std::string& root,
                                               const cpu_set_t& allowed) {
  if (text.empty()) return std::vector<int>{};
  const std::optional<std::set<int>> cores = ParseRanges(text);
  if (!cores) {
    return InvalidArgument("--workers '{}': give cores like 1,3-5, each below {}", text,
                           CPU_SETSIZE);
  }
  const auto present = ReadKernelList(root + "/sys/devices/system/cpu/present");
  const auto online = ReadKernelList(root + "/sys/devices/system/cpu/online");
  for (const int core : *cores) {
    if (present && !present->contains(core)) {
      return InvalidArgument("--workers: this machine has no core {}; see lscpu", core);
    }
    if (online && !online->contains(core)) {
      return InvalidArgument(
          "--workers: core {0} is offline; echo 1 > /sys/devices/system/cpu/cpu{0}/online", core);
    }
    if (!CPU_ISSET(core, &allowed)) {
      return InvalidArgument(
          "--workers: core {} is not among those that this process may use; see taskset, "
          "CPUAffinity= or the cpuset of its control group",
          core);
    }
  }
  return std::vector<int>(cores->begin(), cores->end());
}

cpu_set_t CoresBeside(const std::vector<int>& workers, const cpu_set_t& allowed) {
  cpu_set_t others = allowed;
  for (const int core : workers) CPU_CLR(core, &others);
  return CPU_COUNT(&others) > 0 ? others : allowed;
}

}  // namespace vsw
