// SPDX-License-Identifier: Apache-2.0
//
// Commands for those who ask why: traces, megaflows, what caches cost.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/fake_manager.h"

namespace vsw::cli {
namespace {

using testing::HasSubstr;

class InspectTest : public testing::Test {
 protected:
  Outcome Vswctl(const std::string& line) { return RunVswctl(manager_.socket(), line); }

  FakeManager manager_;
};

TEST_F(InspectTest, TracesAFlow) {
  manager_.traced.set_text("the story\n");
  manager_.traced.add_outputs("vm2");
  EXPECT_EQ(Vswctl("trace br0 in_port=vm1,tcp").out, "the story\n");
  EXPECT_EQ(manager_.trace.bridge(), "br0");
  EXPECT_EQ(manager_.trace.flow(), "in_port=vm1,tcp");
  EXPECT_EQ(manager_.trace.frame(), "");
  EXPECT_THAT(Vswctl("--format json trace br0 in_port=vm1").out,
              HasSubstr("\"outputs\":[\"vm2\"]"));
}

TEST_F(InspectTest, TracesAFrameInHexadecimal) {
  const std::string digits = "0200000000010200000000020800";
  for (const std::string line :
       {"in_port=vm1 " + digits, digits + " in_port=vm1", "in_port=vm1 0x" + digits,
        std::string("in_port=vm1 02:00:00:00:00:01:02:00:00:00:00:02:08:00")}) {
    manager_.trace.Clear();
    EXPECT_EQ(Vswctl("trace br0 " + line).exit_status, 0) << line;
    EXPECT_EQ(manager_.trace.flow(), "in_port=vm1");
    EXPECT_EQ(manager_.trace.frame(), std::string("\2\0\0\0\0\1\2\0\0\0\0\2\10\0", 14));
  }
  EXPECT_EQ(Vswctl("trace br0 in_port=vm1 0200").exit_status, 1);
  EXPECT_EQ(Vswctl("trace br0 " + digits + " " + digits).exit_status, 1);
  EXPECT_EQ(Vswctl("trace br0").exit_status, 1);
}

TEST_F(InspectTest, ListsMegaflowsAsTheDatapathOfOpenVswitchDoes) {
  v1::Megaflow* used = manager_.megaflows.add_megaflows();
  used->set_match("recirc_id=0x0,in_port=vm1,tcp");
  used->set_actions("vm2");
  used->set_packets(3);
  used->set_bytes(180);
  used->set_used_seconds(0.25);
  v1::Megaflow* dropped = manager_.megaflows.add_megaflows();
  dropped->set_worker(1);
  dropped->set_match("recirc_id=0x0,in_port=vm2");
  dropped->set_actions("drop");
  dropped->set_drop("rule-drops");
  dropped->set_used_seconds(-1);
  EXPECT_EQ(Vswctl("dump-megaflows br0").out,
            "recirc_id=0x0,in_port=vm1,tcp, packets:3, bytes:180, used:0.250s, worker:0, "
            "actions:vm2\n"
            "recirc_id=0x0,in_port=vm2, packets:0, bytes:0, used:never, worker:1, "
            "actions:drop(rule-drops)\n");
  EXPECT_EQ(manager_.list_megaflows.bridge(), "br0");
  EXPECT_THAT(Vswctl("dump-megaflows --format json").out,
              testing::StartsWith("{\"megaflows\":[{\"worker\":0,"));
  EXPECT_EQ(manager_.list_megaflows.bridge(), "");
}

TEST_F(InspectTest, ShowsHowWellCachesServe) {
  v1::WorkerCache* worker = manager_.cache_stats.add_workers();
  worker->set_exact_match_hits(90);
  worker->set_megaflow_hits(8);
  worker->set_misses(2);
  worker->set_translations(2);
  worker->set_translation_ns(3000);
  worker->set_misses_over_budget(7);
  v1::PortMasks* masks = manager_.cache_stats.add_ports();
  masks->set_bridge("br0");
  masks->set_port("vm1");
  masks->set_masks(12);
  const std::string caches = Vswctl("cache-stats").out;
  for (const char* part : {"90 (90.0%)", "8 (8.0%)", "2 (2.0%)", "vm1", "12"}) {
    EXPECT_THAT(caches, HasSubstr(part));
  }
  const std::string upcalls = Vswctl("upcall-stats").out;
  EXPECT_THAT(upcalls, HasSubstr("NS-EACH"));
  EXPECT_THAT(upcalls, HasSubstr("1500"));
  EXPECT_THAT(Vswctl("upcall-stats --format json").out, HasSubstr("\"misses_over_budget\":\"7\""));
}

}  // namespace
}  // namespace vsw::cli
