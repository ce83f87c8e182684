// SPDX-License-Identifier: Apache-2.0
// Stored rules that the switch would not have: told until they are mended.
#include "ofproto/service/openflow_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "ofproto/switch.h"
#include "tests/support/config_builder.h"
#include "tests/support/fake_datapath_control.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoredRulesTest : public ::testing::Test {
 protected:
  StoredRulesTest() {
    switch_.Attach(&datapath_);
    switch_.Configure(Config(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2))));
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = datapath::v1::OpenFlow::NewStub(server_->InProcessChannel({}));
  }
  // As an apply brings them.
  void Load(const std::vector<std::string>& groups, const std::vector<std::string>& flows) {
    datapath::v1::WantedState wanted;
    datapath::v1::BridgeRules* rules = wanted.add_rules();
    rules->set_bridge("br0");
    for (const std::string& group : groups) rules->add_groups(group);
    for (const std::string& flow : flows) rules->add_flows(flow);
    service_.PrepareRules(wanted)();
  }
  datapath::v1::ModifyRulesResponse Modify(uint64_t revision,
                                           const std::vector<v1::RuleChange>& changes) {
    datapath::v1::ModifyRulesRequest request;
    datapath::v1::RuleDelta* delta = request.add_deltas();
    delta->set_revision(revision);
    delta->set_bridge("br0");
    for (const v1::RuleChange& change : changes) *delta->add_changes() = change;
    grpc::ClientContext context;
    datapath::v1::ModifyRulesResponse response;
    EXPECT_TRUE(stub_->ModifyRules(&context, request, &response).ok());
    return response;
  }
  static v1::RuleChange Flow(const std::string& text) {
    v1::RuleChange change;
    change.mutable_flow()->set_rule(text);
    return change;
  }
  static v1::RuleChange Group(const std::string& text) {
    v1::RuleChange change;
    change.mutable_group()->set_group(text);
    return change;
  }
  std::vector<std::string> Refused() {
    datapath::v1::ActualState state;
    state.add_bridges()->set_name("br0");
    service_.ReportBridges(&state);
    std::vector<std::string> refused;
    for (const v1::RefusedRule& rule : state.bridges(0).status().refused_rules()) {
      refused.push_back(rule.rule() + ": " + rule.reason());
    }
    return refused;
  }
  size_t FlowCount() { return switch_.FindBridge("br0")->ListFlows({}).size(); }

  FakeDatapathControl datapath_;
  Switch switch_;
  OpenFlowService service_{&datapath_, &switch_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<datapath::v1::OpenFlow::Stub> stub_;
};

constexpr char kOrphan[] = "table=0,priority=5,tcp,actions=group:7";

TEST_F(StoredRulesTest, EntersAllButTheRefusedAndTellsOfThose) {
  Load({}, {"table=0,priority=1,actions=drop", kOrphan, "table=0,nonsense,actions=drop"});
  EXPECT_EQ(FlowCount(), 1u);
  EXPECT_THAT(Refused(), ElementsAre(HasSubstr("nonsense"), HasSubstr(kOrphan)));
  EXPECT_THAT(Refused()[1], HasSubstr("OFPBAC_BAD_OUT_GROUP"));
}

TEST_F(StoredRulesTest, ForgetsWhatWasRefusedOnceItIsInForce) {
  Load({}, {kOrphan});
  ASSERT_THAT(Refused(), SizeIs(1));
  EXPECT_THAT(Modify(5, {Group("group_id=7,type=all,bucket=actions=output:1")}).failures(),
              IsEmpty());
  EXPECT_THAT(Refused(), SizeIs(1));
  EXPECT_THAT(Modify(6, {Flow(kOrphan)}).failures(), IsEmpty());
  EXPECT_THAT(Refused(), IsEmpty());
}

TEST_F(StoredRulesTest, ALoadAsAWholeTellsAnew) {
  Load({}, {kOrphan});
  Load({"group_id=7,type=all,bucket=actions=output:1"}, {kOrphan});
  EXPECT_THAT(Refused(), IsEmpty());
  EXPECT_EQ(FlowCount(), 1u);
}

TEST_F(StoredRulesTest, DoesNothingOfAChangeOfWhichAPartIsRefused) {
  Load({}, {});
  const auto response = Modify(5, {Flow("table=0,priority=1,actions=drop"), Flow(kOrphan)});
  ASSERT_EQ(response.failures_size(), 1);
  EXPECT_EQ(response.failures(0).rule(), kOrphan);
  EXPECT_EQ(response.failures(0).revision(), 5u);
  EXPECT_EQ(FlowCount(), 0u);
}

}  // namespace
}  // namespace vsw::testing
