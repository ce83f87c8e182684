// SPDX-License-Identifier: Apache-2.0
//
// What bridges report of OpenFlow: controllers, and stored rules that they would not have.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/fake_manager.h"

namespace vsw::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class OpenFlowStateTest : public testing::Test {
 protected:
  Outcome Vswctl(const std::string& line) { return RunVswctl(manager_.socket(), line); }

  FakeManager manager_;
};

TEST_F(OpenFlowStateTest, TellsTheStateOfControllers) {
  v1::Bridge* bridge = manager_.bridges.add_bridges();
  bridge->set_name("br0");
  bridge->add_controllers("tcp:127.0.0.1:6653");
  bridge->add_controllers("tcp:127.0.0.1:6654");
  v1::OpenFlowConnection* up = bridge->mutable_status()->add_connections();
  up->set_target("tcp:127.0.0.1:6653");
  up->set_connected(true);
  up->set_state("connected");
  up->set_role("master");
  up->set_since_seconds(12);
  v1::OpenFlowConnection* own = bridge->mutable_status()->add_connections();
  own->set_target("punix:/run/vsw/br0.mgmt");
  own->set_state("listening");
  EXPECT_EQ(Vswctl("get-controller br0").out, "tcp:127.0.0.1:6653\ntcp:127.0.0.1:6654\n");
  const std::string json = Vswctl("get-controller br0 --format json").out;
  EXPECT_THAT(json, testing::StartsWith(
                        "{\"controllers\":[{\"target\":\"tcp:127.0.0.1:6653\",\"connected\":true,"
                        "\"state\":\"connected\",\"role\":\"master\","));
  EXPECT_THAT(json, HasSubstr("\"since_seconds\":\"12\""));
  EXPECT_THAT(json, HasSubstr("\"target\":\"tcp:127.0.0.1:6654\",\"connected\":false,"
                              "\"state\":\"unknown\""));
  const std::string shown = Vswctl("show").out;
  EXPECT_THAT(shown, HasSubstr("openflow tcp:127.0.0.1:6653: connected for 12 s, master\n"));
  EXPECT_THAT(shown, Not(HasSubstr("br0.mgmt")));
}

TEST_F(OpenFlowStateTest, ShowsStoredRulesThatTheSwitchRefused) {
  v1::Bridge* bridge = manager_.bridges.add_bridges();
  bridge->set_name("br0");
  v1::RefusedRule* refused = bridge->mutable_status()->add_refused_rules();
  refused->set_rule("priority=1,actions=group:9");
  refused->set_reason("OFPBAC_BAD_OUT_GROUP");
  EXPECT_THAT(Vswctl("show").out,
              HasSubstr("refused: priority=1,actions=group:9: OFPBAC_BAD_OUT_GROUP\n"));
}

}  // namespace
}  // namespace vsw::cli
