// SPDX-License-Identifier: Apache-2.0
//
// Prints, behind the usual table, each benchmark's time as a ratio of its baseline's: of the first
// benchmark of its family. A family is the part of the name in front of ':'.
#ifndef VSW_BENCH_MICRO_RATIO_REPORTER_H_
#define VSW_BENCH_MICRO_RATIO_REPORTER_H_

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

namespace vsw::bench {

class RatioReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
      times_.emplace_back(run.benchmark_name(), run.GetAdjustedCPUTime());
    }
  }
  void Finalize() override {
    std::string family, baseline;
    double baseline_time = 1;
    std::printf("\n%-34s %10s\n", "against its baseline", "time");
    for (const auto& [name, time] : times_) {
      const std::string its_family = name.substr(0, name.find(':'));
      if (its_family != family) {
        family = its_family, baseline = name, baseline_time = time;
        continue;
      }
      std::printf("%-34s %9.2fx of %s\n", name.c_str(), time / baseline_time, baseline.c_str());
    }
  }

 private:
  std::vector<std::pair<std::string, double>> times_;
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_MICRO_RATIO_REPORTER_H_
