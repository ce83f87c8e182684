// SPDX-License-Identifier: Apache-2.0
//
// Numbered frames through a switch and back: each that is put in bears a number of its own behind
// its headers, and what leaves is sorted by that number.
#ifndef VSW_TESTS_EXACTNESS_WIRE_H_
#define VSW_TESTS_EXACTNESS_WIRE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "datapath/worker/worker_set.h"
#include "tests/support/frame.h"
#include "tests/support/memory_port.h"

namespace vsw::testing {

/// A frame as a test draws it. Checksums are made when it is built, and workers keep them right
/// while the plain evaluator does not: neither compares them.
class Sample {
 public:
  /// REQUIRES: at least 4 bytes of payload.
  Sample(Frame frame, uint32_t in_port);

  const Frame& frame() const { return frame_; }
  uint32_t in_port() const { return in_port_; }
  std::vector<uint8_t> Numbered(uint32_t number) const;
  /// `frame`, which was made of this one, without number and checksums.
  std::string Comparable(std::vector<uint8_t> frame) const;

 private:
  const Frame frame_;
  const uint32_t in_port_;
  std::vector<size_t> checksums_;  // where they begin, counted from the end
};

/// By number: the ports that the frame left by, and what it was then.
using Arrivals = std::map<uint32_t, std::vector<std::pair<uint32_t, std::vector<uint8_t>>>>;

/// Ports 1..n of a switch, as cables in memory.
class Wire {
 public:
  Wire(WorkerSet* workers, uint32_t ports);
  ~Wire();

  void Put(const Sample& sample, uint32_t number);
  /// Until all that was put in has been worked off.
  void Wait();
  /// Everything that left since the last call.
  Arrivals Take();

 private:
  WorkerSet* const workers_;
  std::mutex mutex_;  // guards sent_
  std::vector<SentFrame> sent_;
  std::vector<std::unique_ptr<MemoryPort>> ports_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_EXACTNESS_WIRE_H_
