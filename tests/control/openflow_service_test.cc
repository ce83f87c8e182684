// SPDX-License-Identifier: Apache-2.0
//
// Rules through the API: stored, sent to the switch once, there again after every restart.
#include <gmock/gmock.h>

#include "tests/control/api_fixture.h"

namespace vsw::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using v1::FlowChange;

v1::RuleChange Flow(FlowChange::Command command, const std::string& rule) {
  v1::RuleChange change;
  change.mutable_flow()->set_command(command);
  change.mutable_flow()->set_rule(rule);
  return change;
}
v1::RuleChange Add(const std::string& rule) { return Flow(FlowChange::ADD, rule); }

constexpr char kNormal[] = "table=0,priority=0,actions=NORMAL";

class OpenFlowServiceTest : public ApiTest {
 protected:
  OpenFlowServiceTest() { CreateBridge("br0"); }

  grpc::Status Send(const std::vector<v1::ModifyRulesRequest>& messages, uint64_t* revision) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::ModifyRulesResponse response;
    const auto writer = client_->openflow->ModifyRules(&context, &response);
    for (const v1::ModifyRulesRequest& message : messages) {
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    *revision = response.revision();
    return status;
  }
  static v1::ModifyRulesRequest Request(const std::vector<v1::RuleChange>& changes) {
    v1::ModifyRulesRequest request;
    request.set_bridge("br0");
    request.set_commit(true);
    for (const v1::RuleChange& change : changes) *request.add_changes() = change;
    return request;
  }
  uint64_t Do(const std::vector<v1::RuleChange>& changes) {
    uint64_t revision = 0;
    const grpc::Status status = Send({Request(changes)}, &revision);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return revision;
  }
  grpc::Status Try(const std::vector<v1::RuleChange>& changes) {
    uint64_t revision = 0;
    return Send({Request(changes)}, &revision);
  }

  grpc::Status List(v1::ListFlowsRequest request, std::vector<std::string>* rules) {
    request.set_bridge("br0");
    grpc::ClientContext context;
    const auto reader = client_->openflow->ListFlows(&context, request);
    v1::ListFlowsResponse part;
    while (reader->Read(&part)) {
      for (const v1::Flow& flow : part.flows()) rules->push_back(flow.rule());
    }
    return reader->Finish();
  }
  std::vector<std::string> Stored(const std::string& selector = "", bool names = false) {
    v1::ListFlowsRequest request;
    request.set_stored(true);
    request.set_selector(selector);
    request.set_names(names);
    std::vector<std::string> rules;
    const grpc::Status status = List(request, &rules);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return rules;
  }
  void Apply(uint64_t revision) {
    v1::WaitAppliedResponse applied;
    const grpc::Status status = WaitApplied(revision, &applied);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  // What the switch was sent whole of br0, last.
  std::vector<std::string> Whole() {
    std::vector<std::string> rules;
    for (const datapath::v1::WantedState& state : switch_.Sent()) {
      for (const datapath::v1::BridgeRules& bridge : state.rules()) {
        if (bridge.bridge() == "br0") rules = {bridge.flows().begin(), bridge.flows().end()};
      }
    }
    return rules;
  }
  size_t WholeCount() {
    size_t count = 0;
    for (const datapath::v1::WantedState& state : switch_.Sent()) {
      count += static_cast<size_t>(state.rules_size());
    }
    return count;
  }
};

TEST_F(OpenFlowServiceTest, StartsABridgeAsALearningSwitch) {
  EXPECT_THAT(Stored(), ElementsAre(kNormal));
}

TEST_F(OpenFlowServiceTest, RemembersThatAllRulesWereDeleted) {
  Do({Flow(FlowChange::DELETE, "")});
  daemon_.reset();
  StartDaemon();
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(OpenFlowServiceTest, StoresRulesCanonicallyWithPortsByNumber) {
  CreateTap("tap0", "br0");
  Do({Flow(FlowChange::DELETE, ""), Add("dl_type=0x0800,nw_proto=6,in_port=tap0,actions=br0")});
  EXPECT_THAT(Stored(), ElementsAre("table=0,priority=32768,tcp,in_port=1,actions=LOCAL"));
  EXPECT_THAT(Stored("", true), ElementsAre(HasSubstr("in_port=tap0")));
  EXPECT_THAT(Stored("in_port=tap0"), SizeIs(1));
  EXPECT_THAT(Stored("in_port=2"), IsEmpty());
}

TEST_F(OpenFlowServiceTest, StoresAllOfARequestOrNothing) {
  const grpc::Status status = Try({Add("tcp,actions=drop"), Add("tpc,actions=drop")});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("changes[1].flow.rule"));
  EXPECT_THAT(status.error_message(), HasSubstr("tpc"));
  const grpc::Status late = Try({Add("tcp,actions=drop"), Add("actions=group:7")});
  EXPECT_THAT(late.error_message(), HasSubstr("changes[1].flow.rule"));
  EXPECT_THAT(late.error_message(), HasSubstr("group 7"));
  EXPECT_THAT(Stored(), ElementsAre(kNormal));
}

TEST_F(OpenFlowServiceTest, TakesARequestOfManyMessages) {
  std::vector<v1::ModifyRulesRequest> messages;
  for (int i = 0; i < 20; ++i) {
    messages.push_back(Request({}));
    messages.back().set_commit(i == 19);
    for (int j = 0; j < 100; ++j) {
      *messages.back().add_changes() =
          Add("priority=" + std::to_string(i * 100 + j + 1) + ",actions=drop");
    }
  }
  uint64_t revision = 0;
  ASSERT_TRUE(Send(messages, &revision).ok());
  EXPECT_THAT(Stored(), SizeIs(2001));
}

TEST_F(OpenFlowServiceTest, ChangesNothingIfTheClientLeavesHalfWay) {
  v1::ModifyRulesRequest half = Request({Add("tcp,actions=drop")});
  half.set_commit(false);
  uint64_t revision = 0;
  EXPECT_FALSE(Send({half}, &revision).ok());
  EXPECT_THAT(Stored(), ElementsAre(kNormal));
}

TEST_F(OpenFlowServiceTest, RefusesABridgeThatIsNotThere) {
  v1::ModifyRulesRequest request = Request({Add("actions=drop")});
  request.set_bridge("none");
  uint64_t revision = 0;
  EXPECT_EQ(Send({request}, &revision).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(OpenFlowServiceTest, SendsAllRulesToASwitchThatStarts) {
  Do({Add("tcp,actions=drop")});
  switch_.Start();
  Apply(GetStatus().wanted_revision());
  EXPECT_THAT(Whole(), ElementsAre(kNormal, "table=0,priority=32768,tcp,actions=drop"));
  EXPECT_THAT(switch_.openflow.Deltas(), IsEmpty());
  switch_.Stop();
  switch_.Start();
  ASSERT_TRUE(Eventually([&] { return WholeCount() == 2; }));
}

TEST_F(OpenFlowServiceTest, SendsChangesOnceAndAheadOfTheirRevision) {
  switch_.Start();
  Apply(GetStatus().wanted_revision());
  const uint64_t revision = Do({Add("tcp,actions=drop"), Flow(FlowChange::DELETE_STRICT, "udp")});
  Apply(revision);
  const auto deltas = switch_.openflow.Deltas();
  ASSERT_THAT(deltas, SizeIs(1));
  EXPECT_EQ(deltas[0].revision(), revision);
  ASSERT_EQ(deltas[0].changes_size(), 2);
  EXPECT_THAT(deltas[0].changes(0).flow().rule(), HasSubstr("tcp,actions=drop"));
  EXPECT_EQ(deltas[0].changes(1).flow().command(), FlowChange::DELETE_STRICT);
  CreateBridge("br1");
  Apply(GetStatus().wanted_revision());
  EXPECT_THAT(switch_.openflow.Deltas(), SizeIs(1));
  EXPECT_EQ(WholeCount(), 2u);  // br0 at the start, br1 when it was made
}

TEST_F(OpenFlowServiceTest, SendsAChangeAgainWhoseAnswerWasLost) {
  switch_.Start();
  Apply(GetStatus().wanted_revision());
  switch_.openflow.LoseAnswers(1);
  const uint64_t revision = Do({Add("tcp,actions=drop")});
  Apply(revision);
  const auto deltas = switch_.openflow.Deltas();
  ASSERT_THAT(deltas, SizeIs(2));
  EXPECT_EQ(deltas[1].revision(), deltas[0].revision());
}

TEST_F(OpenFlowServiceTest, SendsNoRulesToASwitchThatRunsThemWhenTheDaemonRestarts) {
  switch_.Start();
  const uint64_t revision = Do({Add("tcp,actions=drop")});
  Apply(revision);
  const size_t whole = WholeCount();
  const size_t deltas = switch_.openflow.Deltas().size();
  daemon_.reset();
  StartDaemon();
  Apply(Do({Add("udp,actions=drop")}));
  EXPECT_EQ(WholeCount(), whole);
  EXPECT_EQ(switch_.openflow.Deltas().size(), deltas + 1);
}

TEST_F(OpenFlowServiceTest, TellsWhoWaitsWhatTheSwitchRefused) {
  switch_.Start();
  Apply(GetStatus().wanted_revision());
  const std::string rule = "table=0,priority=32768,cookie=0x0,tcp,actions=drop";
  switch_.openflow.Refuse(rule, "OFPFMFC_TABLE_FULL");
  const uint64_t revision = Do({Add("tcp,actions=drop")});
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(revision, &applied).ok());
  ASSERT_EQ(applied.failures_size(), 1);
  EXPECT_EQ(applied.failures(0).bridge(), "br0");
  EXPECT_EQ(applied.failures(0).rule(), rule);
  EXPECT_EQ(applied.failures(0).reason(), "OFPFMFC_TABLE_FULL");
}

TEST_F(OpenFlowServiceTest, SendsTheRulesOfABridgeAsAWholeIfItRefusedAChange) {
  switch_.Start();
  Apply(GetStatus().wanted_revision());
  const size_t whole = WholeCount();
  switch_.openflow.Refuse("table=0,priority=32768,cookie=0x0,tcp,actions=drop", "no");
  Apply(Do({Add("udp,actions=drop"), Add("tcp,actions=drop")}));
  EXPECT_EQ(WholeCount(), whole + 1);
  EXPECT_THAT(Whole(), SizeIs(3));
  Apply(Do({Add("sctp,actions=drop")}));
  EXPECT_EQ(WholeCount(), whole + 1) << "and once only";
}

TEST_F(OpenFlowServiceTest, SendsAllRulesToASwitchThatOutlivedItsDatabase) {
  Do({Add("tcp,actions=drop")});
  switch_.Start(/*applied_revision=*/1000);
  ASSERT_TRUE(Eventually([&] { return switch_.applied_revision() > 1000; }));
  EXPECT_THAT(Whole(), SizeIs(2));
}

TEST_F(OpenFlowServiceTest, ShowsARefusedRuleForAsLongAsItIsStored) {
  switch_.Start();
  Apply(Do({Add("priority=5,tcp,actions=drop")}));
  switch_.RefuseStored("table=0,priority=5,tcp,actions=drop", "OFPFMFC_TABLE_FULL");
  ASSERT_EQ(GetBridge("br0").status().refused_rules_size(), 1);
  EXPECT_EQ(GetBridge("br0").status().refused_rules(0).reason(), "OFPFMFC_TABLE_FULL");
  switch_.Hold(true);
  Do({Add("priority=5,tcp,actions=NORMAL")});
  EXPECT_EQ(GetBridge("br0").status().refused_rules_size(), 0) << "it is another one now";
  Do({Add("priority=5,tcp,actions=drop")});
  EXPECT_EQ(GetBridge("br0").status().refused_rules_size(), 1);
  Do({Flow(FlowChange::DELETE, "")});
  EXPECT_EQ(GetBridge("br0").status().refused_rules_size(), 0);
}

TEST_F(OpenFlowServiceTest, ReplacesRules) {
  switch_.Start();
  Apply(GetStatus().wanted_revision());
  v1::ModifyRulesRequest request = Request({Add("tcp,actions=drop")});
  request.set_replace(true);
  uint64_t revision = 0;
  ASSERT_TRUE(Send({request}, &revision).ok());
  Apply(revision);
  EXPECT_THAT(Stored(), ElementsAre(HasSubstr("tcp")));
  ASSERT_THAT(switch_.openflow.Deltas(), SizeIs(1));
  EXPECT_TRUE(switch_.openflow.Deltas()[0].replace());
  request = Request({Flow(FlowChange::DELETE, "")});
  request.set_replace(true);
  EXPECT_EQ(Send({request}, &revision).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(OpenFlowServiceTest, ForgetsRulesWithTheirBridge) {
  Do({Add("tcp,actions=drop")});
  v1::BatchRequest batch;
  batch.add_changes()->mutable_delete_bridge()->set_name("br0");
  *batch.add_changes()->mutable_create_bridge() = NewBridgeRequest("br0");
  v1::ChangeResponse response;
  ASSERT_TRUE(
      client_->Call(client_->batches, &v1::BatchService::Stub::ApplyBatch, batch, &response).ok());
  EXPECT_THAT(Stored(), ElementsAre(kNormal));
}

TEST_F(OpenFlowServiceTest, HasTheNormalRuleOnlyWhereNothingElseDecides) {
  const auto update = [&](const std::string& path, const v1::Bridge& values) {
    v1::UpdateBridgeRequest request;
    *request.mutable_bridge() = values;
    request.mutable_bridge()->set_name("br0");
    request.mutable_update_mask()->add_paths(path);
    v1::ChangeResponse response;
    const grpc::Status status =
        client_->Call(client_->bridges, &v1::BridgeService::Stub::UpdateBridge, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  };
  v1::Bridge bridge;
  bridge.add_controllers("tcp:127.0.0.1:6653");
  update("controllers", bridge);
  EXPECT_THAT(Stored(), IsEmpty());
  update("controllers", v1::Bridge());
  EXPECT_THAT(Stored(), ElementsAre(kNormal));
  bridge.set_fail_mode(v1::FAIL_MODE_SECURE);
  update("fail_mode", bridge);
  EXPECT_THAT(Stored(), IsEmpty());
  Do({Add("tcp,actions=drop")});
  update("fail_mode", v1::Bridge());
  EXPECT_THAT(Stored(), ElementsAre(HasSubstr("tcp")));
}

TEST_F(OpenFlowServiceTest, RefusesAddressesThatAreNone) {
  for (const char* target : {"tcp:host:6653", "tcp:", "tcp:127.0.0.1:0", "tcp:127.0.0.1:65536",
                             "ptcp:6653", "unix:relative", "tcp:[::1", "6653", ""}) {
    v1::UpdateBridgeRequest request;
    request.mutable_bridge()->set_name("br0");
    request.mutable_bridge()->add_controllers(target);
    request.mutable_update_mask()->add_paths("controllers");
    v1::ChangeResponse response;
    const grpc::Status status =
        client_->Call(client_->bridges, &v1::BridgeService::Stub::UpdateBridge, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << target;
    EXPECT_THAT(status.error_message(), HasSubstr("bridge.controllers[0]")) << target;
  }
}

TEST_F(OpenFlowServiceTest, PassesListingsOnToTheSwitch) {
  switch_.Start();
  Apply(GetStatus().wanted_revision());
  v1::ListFlowsRequest request;
  request.set_selector("table=1,in_port=br0");
  std::vector<std::string> rules;
  ASSERT_TRUE(List(request, &rules).ok());
  EXPECT_THAT(rules, SizeIs(100));
  EXPECT_THAT(rules[0], HasSubstr("in_port=LOCAL"));
  rules.clear();
  request.set_selector("table=9");
  EXPECT_EQ(List(request, &rules).error_code(), grpc::StatusCode::ABORTED);
  request.set_selector("tabel=9");
  EXPECT_EQ(List(request, &rules).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  v1::ListTablesRequest tables;
  tables.set_bridge("br0");
  v1::ListTablesResponse answer;
  ASSERT_TRUE(
      client_->Call(client_->openflow, &v1::OpenFlowService::Stub::ListTables, tables, &answer)
          .ok());
  EXPECT_EQ(answer.tables(0).name(), "br0");
}

TEST_F(OpenFlowServiceTest, SaysWhenTheSwitchIsAway) {
  std::vector<std::string> rules;
  const grpc::Status status = List({}, &rules);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("vswitchd"));
}

}  // namespace
}  // namespace vsw::control
