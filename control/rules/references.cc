// SPDX-License-Identifier: Apache-2.0
#include "control/rules/references.h"

#include <algorithm>

namespace vsw::control {
namespace {

void Sort(std::vector<uint32_t>* list) {
  std::sort(list->begin(), list->end());
  list->erase(std::unique(list->begin(), list->end()), list->end());
  list->shrink_to_fit();
}

class Collector {
 public:
  void Visit(const OfActions& actions) {
    for (const OfAction& action : actions) std::visit(*this, action.what);
  }
  void AddMeter(uint32_t meter) { references_.meters.push_back(meter); }
  References Take() {
    Sort(&references_.ports);
    Sort(&references_.groups);
    Sort(&references_.meters);
    return std::move(references_);
  }

  void operator()(const act::Output& output) { references_.ports.push_back(output.port); }
  void operator()(const act::Enqueue& enqueue) { references_.ports.push_back(enqueue.port); }
  void operator()(const act::Controller& controller) {
    references_.ports.push_back(kOfpController);
    if (controller.meter.has_value()) AddMeter(*controller.meter);
  }
  void operator()(const act::Group& group) { references_.groups.push_back(group.group); }
  void operator()(const act::Meter& meter) { AddMeter(meter.meter); }
  void operator()(const act::Clone& clone) { Visit(clone.actions); }
  void operator()(const act::Ct& ct) { Visit(ct.exec); }
  template <typename Other>
  void operator()(const Other&) {}

 private:
  References references_;
};

}  // namespace

References ReferencesOf(const Instructions& instructions) {
  Collector collector;
  if (instructions.meter.has_value()) collector.AddMeter(*instructions.meter);
  collector.Visit(instructions.apply);
  collector.Visit(instructions.write);
  return collector.Take();
}

References ReferencesOf(const OfActions& actions) {
  Collector collector;
  collector.Visit(actions);
  return collector.Take();
}

bool Contains(const std::vector<uint32_t>& list, uint32_t number) {
  return std::binary_search(list.begin(), list.end(), number);
}

}  // namespace vsw::control
