// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow tables, actions and groups as the specification says them, the slow and plain way: real
// frames that are edited and parsed again after each step, rules in a list, every packet by itself.
// No masks, no laziness, no recirculation. It shares no code with the translator but the table of
// fields.
#ifndef VSW_TESTS_SUPPORT_PIPELINE_ORACLE_H_
#define VSW_TESTS_SUPPORT_PIPELINE_ORACLE_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "ofproto/message/messages.h"
#include "tests/support/frame.h"

namespace vsw::testing {

struct OracleOutcome {
  std::vector<std::pair<uint32_t, Frame>> sent;  // by port
  size_t upcalls = 0;
  std::map<size_t, int> hits;  // by index of the rule
  std::map<uint32_t, int> group_hits;
  bool beyond_bounds = false;  // too deep or too long: not a case for comparison
};

class PipelineOracle {
 public:
  std::vector<uint32_t> ports;
  std::vector<FlowMod> rules;
  std::map<uint32_t, GroupDesc> groups;
  uint32_t hash = 0;  // of every packet, for select groups

  OracleOutcome Run(const Frame& frame, uint32_t in_port);

 private:
  struct Packet {
    Frame frame;
    size_t pushed_tags = 0;  // put on here; deeper ones show as they were received
    MatchKey pipeline;       // its packet part is not used
    std::vector<FieldValue> stack;
    OfActions action_set;
    bool exited = false;
  };

  MatchKey KeyOf(const Packet& packet) const;
  const FlowMod* Find(const Packet& packet, uint8_t table, uint32_t in_port);
  void Tables(Packet* packet, uint8_t table, uint32_t in_port, int depth);
  /// False: the list ends here.
  bool Do(Packet* packet, const OfAction& action, uint8_t table, int depth);
  bool DoAll(Packet* packet, const OfActions& actions, uint8_t table, int depth);
  void DoAsSet(Packet* packet, const OfActions& actions, uint8_t table, int depth);
  /// The end of a packet's way, or of a copy's.
  void EndWithActionSet(Packet* packet, uint8_t table, int depth);
  void Send(const Packet& packet, uint32_t port);
  void DoGroup(Packet* packet, uint32_t group, uint8_t table, int depth);
  bool Has(const Packet& packet, FieldId field) const;
  void Write(Packet* packet, FieldId field, const FieldValue& value, const FieldValue& mask);
  void PushVlan(Packet* packet, uint16_t tpid, uint16_t tci);
  void PopVlan(Packet* packet);
  bool DecrementTtl(Packet* packet, FieldId field);

  OracleOutcome outcome_;
  int steps_ = 0;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_PIPELINE_ORACLE_H_
