// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what comes in through gRPC: requests to vswmgrd, and the wanted state as vswitchd
// gets it. What vswmgrd accepts, vswitchd takes, or the one would send the other what it can never
// run. The first byte chooses the message.
#include "control/change.h"
#include "control/convert.h"
#include "control/rules/rule_message.h"
#include "datapath/apply/convert.h"
#include "ofproto/service/rule_reader.h"
#include "tests/fuzz/input.h"

namespace vsw::testing {
namespace {

const control::HostView kHost = {.is_folder = [](const std::string& path) { return path != "/x"; },
                                 .reserved_paths = {"/run/vsw/mgmt.sock"}};

void CheckBatch(const v1::BatchRequest& batch) {
  control::Config config;
  for (const v1::Change& message : batch.changes()) {
    const auto change = control::ToChange(message);
    if (!change.ok() || !ApplyChange(*change, kHost, &config).ok()) return;
  }
  datapath::v1::WantedState wanted = ToWantedState(config);
  wanted.set_revision(1);  // as the one who stores it would
  const auto state = FromProto(wanted);
  if (!state.ok()) Fail("vswitchd refuses what vswmgrd accepted", state.status().ToString());
  const bool equal = state->bridges.size() == config.bridges().size() &&
                     state->ports.size() == config.ports().size();
  if (!equal) Fail("vswitchd takes less than vswmgrd sent", wanted.DebugString());
}

void CheckRules(const v1::ModifyRulesRequest& request) {
  control::RuleBook book;
  control::RuleBook::Journal journal;
  control::RuleDelta delta;
  for (const v1::RuleChange& message : request.changes()) {
    const auto change = control::ToRuleChange(message, nullptr);
    if (!change.ok()) return;
    if (!book.Apply(*change, &journal, &delta.changes).ok()) {
      book.Rollback(journal);
      return;
    }
  }
  const datapath::v1::RuleDelta all_sent = ToMessage(delta);
  for (const v1::RuleChange& sent : all_sent.changes()) {
    const auto read = ReadRuleChange(sent);
    if (!read.ok()) {
      Fail("vswitchd cannot read a rule of vswmgrd's", sent.DebugString(),
           read.status().ToString());
    }
  }
}

template <typename Message, typename Check>
void Read(const std::vector<uint8_t>& bytes, Check check) {
  Message message;
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) check(message);
}

}  // namespace
}  // namespace vsw::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vsw;
  using namespace vsw::testing;
  FuzzInput input(data, size);
  const uint8_t kind = input.Take<uint8_t>();
  const std::vector<uint8_t> bytes = input.TakeRest();
  switch (kind % 3) {
    case 0:
      Read<v1::BatchRequest>(bytes, CheckBatch);
      break;
    case 1:
      Read<v1::ModifyRulesRequest>(bytes, CheckRules);
      break;
    case 2:
      Read<datapath::v1::WantedState>(
          bytes, [](const datapath::v1::WantedState& wanted) { (void)FromProto(wanted); });
      break;
  }
  return 0;
}
