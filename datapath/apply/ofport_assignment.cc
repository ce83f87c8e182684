// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/ofport_assignment.h"

namespace vsw {
namespace {

using Owners = std::map<uint32_t, std::string>;

void AssignWanted(const std::vector<OfPortRequest>& requests, Owners* owners,
                  std::map<std::string, OfPortResult>* results) {
  for (const bool holders_turn : {true, false}) {
    for (const OfPortRequest& request : requests) {
      if (request.wanted == 0 || (request.current == request.wanted) != holders_turn) continue;
      const auto [it, is_free] = owners->try_emplace(request.wanted, request.name);
      (*results)[request.name] =
          is_free ? OfPortResult{request.wanted, ""} : OfPortResult{0, it->second};
    }
  }
}

}  // namespace

std::map<std::string, OfPortResult> AssignOfPorts(const std::vector<OfPortRequest>& requests) {
  std::map<std::string, OfPortResult> results;
  Owners owners;
  AssignWanted(requests, &owners, &results);
  // Before the free ones are dealt out, whoever may stay takes its place.
  for (const OfPortRequest& request : requests) {
    if (request.wanted != 0) continue;
    const uint32_t keep = request.is_local ? ToInt(kOfPortLocal) : request.current;
    if (keep != 0 && (request.is_local || keep <= kMaxOfPort) &&
        owners.try_emplace(keep, request.name).second) {
      results[request.name].number = keep;
    }
  }
  uint32_t next = 1;
  for (const OfPortRequest& request : requests) {
    if (results.contains(request.name)) continue;
    while (next <= kMaxOfPort && owners.contains(next)) ++next;
    results[request.name].number = next <= kMaxOfPort ? next : 0;
    if (next <= kMaxOfPort) owners[next] = request.name;
  }
  return results;
}

}  // namespace vsw
