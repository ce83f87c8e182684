// SPDX-License-Identifier: Apache-2.0
#include "tests/exactness/wire.h"

#include <cstring>
#include <thread>

namespace vsw::testing {
namespace {

constexpr size_t kNumberBytes = sizeof(uint32_t);

}  // namespace

Sample::Sample(Frame frame, uint32_t in_port) : frame_(std::move(frame)), in_port_(in_port) {
  // Found by what is at their place in the frame as it was drawn: headers are only ever put on and
  // taken off in front of them.
  const std::vector<uint8_t>& bytes = frame_.bytes();
  size_t l3 = 14 + 4 * frame_.tags();
  if (frame_.type() == 0x8847) {
    while ((bytes[l3 + 2] & 1) == 0) l3 += 4;
    l3 += 4;
  }
  const auto add = [&](size_t at) { checksums_.push_back(bytes.size() - at); };
  const unsigned version = bytes[l3] >> 4;
  if (version != 4 && version != 6) return;  // ARP
  const size_t l4 = version == 4 ? l3 + (bytes[l3] & 0xfu) * 4 : l3 + 40;
  const uint8_t protocol = version == 4 ? bytes[l3 + 9] : bytes[l3 + 6];
  if (version == 4) add(l3 + 10);
  add(protocol == 6 ? l4 + 16 : l4 + 6);
}

std::vector<uint8_t> Sample::Numbered(uint32_t number) const {
  std::vector<uint8_t> bytes = frame_.bytes();
  std::memcpy(bytes.data() + bytes.size() - kNumberBytes, &number, kNumberBytes);
  return bytes;
}

std::string Sample::Comparable(std::vector<uint8_t> frame) const {
  const auto clear = [&](size_t from_end, size_t count) {
    if (from_end <= frame.size()) std::memset(frame.data() + frame.size() - from_end, 0, count);
  };
  clear(kNumberBytes, kNumberBytes);
  for (const size_t from_end : checksums_) clear(from_end, 2);
  return Frame(std::move(frame)).ToString();
}

Wire::Wire(WorkerSet* workers, uint32_t ports) : workers_(workers) {
  for (uint32_t number = 1; number <= ports; ++number) {
    ports_.push_back(std::make_unique<MemoryPort>(PortNo{number}, "p" + std::to_string(number),
                                                  &sent_, &mutex_));
    workers_->AddPort(ports_.back().get());
  }
}

Wire::~Wire() {
  for (const auto& port : ports_) workers_->RemovePort(port->number());
}

void Wire::Put(const Sample& sample, uint32_t number) {
  ports_[sample.in_port() - 1]->Put(sample.Numbered(number));
}

void Wire::Wait() {
  workers_->WakeAll();
  for (const auto& port : ports_) {
    while (!port->idle()) std::this_thread::yield();
  }
}

Arrivals Wire::Take() {
  std::vector<SentFrame> sent;
  {
    const std::lock_guard lock(mutex_);
    sent.swap(sent_);
  }
  Arrivals arrivals;
  for (SentFrame& frame : sent) {
    uint32_t number;
    std::memcpy(&number, frame.octets.data() + frame.octets.size() - kNumberBytes, kNumberBytes);
    arrivals[number].emplace_back(ToInt(frame.port), std::move(frame.octets));
  }
  return arrivals;
}

}  // namespace vsw::testing
