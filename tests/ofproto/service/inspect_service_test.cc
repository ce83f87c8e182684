// SPDX-License-Identifier: Apache-2.0
// Traces, cached decisions and what caches cost, as the control daemon asks for them.
#include "ofproto/service/inspect_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ofproto/switch.h"
#include "ofproto/text/text.h"
#include "tests/support/config_builder.h"
#include "tests/support/fake_datapath_control.h"
#include "tests/support/frame.h"
#include "tests/support/packet_builder.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Two workers with megaflows of ports 1, 2, 1, 2, ..., some at a time.
class FakeCaches final : public CacheView {
 public:
  explicit FakeCaches(uint64_t now_ns) : now_ns_(now_ns) {}
  bool ListMegaflows(MegaflowCursor* cursor, size_t per_worker,
                     const std::function<void(const MegaflowRow&)>& visit) override {
    constexpr uint32_t kAtOnce = 2, kOfWorker = 5;
    FlowKey key{};
    FlowMask mask;
    mask.Clear();
    const std::vector<Action> actions = {Action::Output(PortNo{2})};
    for (uint32_t n = 0; n < kAtOnce && cursor->slot < kOfWorker && cursor->listed < per_worker;
         ++n) {
      key.in_port = PortNo{1 + cursor->slot % 2};
      const bool used = cursor->slot > 0;
      visit({.worker = WorkerId{static_cast<uint32_t>(cursor->worker)},
             .key = key,
             .mask = mask,
             .actions = used ? std::span<const Action>(actions) : std::span<const Action>(),
             .drop_reason = used ? DropReason::kNone : DropReason::kRuleDrops,
             .packets = cursor->slot,
             .bytes = cursor->slot * 60,
             .used_ns = used ? now_ns_ - 1'500'000'000 : 0});
      ++cursor->slot;
      ++cursor->listed;
    }
    if (cursor->slot == kOfWorker || cursor->listed == per_worker) {
      *cursor = {.worker = cursor->worker + 1};
    }
    return cursor->worker < 2;
  }
  std::vector<std::pair<PortNo, uint32_t>> ReadMaskCounts() override {
    return {{PortNo{2}, 3}, {PortNo{99}, 1}};
  }
  std::vector<WorkerStats> ReadWorkers() const override {
    return {{.id = WorkerId{0},
             .core = -1,
             .rx_queues = 1,
             .megaflows = 5,
             .masks = 2,
             .exact_match_hits = 90,
             .megaflow_hits = 8,
             .misses = 2,
             .translations = 2,
             .translation_ns = 3000,
             .busy_tsc = 0,
             .idle_tsc = 0}};
  }
  CacheLimits cache_limits() const override { return {1000, 2000, 128}; }

 private:
  const uint64_t now_ns_;
};

class InspectServiceTest : public ::testing::Test {
 protected:
  InspectServiceTest() {
    switch_.Attach(&datapath_);
    switch_.Configure(
        Config(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)), BridgeBuilder(1).With(Trunk(3))));
    datapath_.parse = [](std::span<const uint8_t> bytes, PortNo in_port, FlowKey* key) {
      if (bytes.size() < 14) return false;
      *key = Frame({bytes.begin(), bytes.end()}).Key();
      key->in_port = in_port;
      return true;
    };
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = datapath::v1::Inspect::NewStub(server_->InProcessChannel({}));
  }
  void Flow(const std::string& text) {
    const auto mod = ParseFlow(text, FlowMod::Command::kAdd);
    ASSERT_TRUE(mod.ok()) << mod.status();
    BridgeControl* const bridge = switch_.FindBridge("br0");
    ASSERT_TRUE(bridge->ModifyFlow(*mod, {}).ok());
    bridge->Commit();
  }
  grpc::Status Trace(const std::string& flow, const std::vector<uint8_t>& frame = {}) {
    v1::TraceRequest request;
    request.set_bridge("br0");
    request.set_flow(flow);
    request.set_frame(frame.data(), frame.size());
    grpc::ClientContext context;
    response_.Clear();
    return stub_->Trace(&context, request, &response_);
  }
  std::vector<v1::Megaflow> List(const std::string& bridge, uint32_t limit) {
    v1::ListMegaflowsRequest request;
    request.set_bridge(bridge);
    request.set_limit(limit);
    grpc::ClientContext context;
    const auto reader = stub_->ListMegaflows(&context, request);
    std::vector<v1::Megaflow> all;
    v1::ListMegaflowsResponse part;
    while (reader->Read(&part))
      all.insert(all.end(), part.megaflows().begin(), part.megaflows().end());
    EXPECT_TRUE(reader->Finish().ok());
    return all;
  }
  std::string Kinds() const {
    std::string kinds;
    for (const v1::TraceStep& step : response_.passes(0).steps()) {
      kinds += (kinds.empty() ? "" : " ") + step.kind() + std::to_string(step.depth());
    }
    return kinds;
  }

  FakeDatapathControl datapath_;
  Switch switch_;
  FakeCaches caches_{datapath_.now_ns};
  InspectService service_{&datapath_, &caches_, &switch_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<datapath::v1::Inspect::Stub> stub_;
  v1::TraceResponse response_;
};

TEST_F(InspectServiceTest, TracesAFlow) {
  Flow("table=0,priority=7,cookie=0x9,udp actions=resubmit(,1)");
  Flow("table=1 actions=output:2");
  const grpc::Status status = Trace("in_port=1,udp,tp_dst=53,dl_vlan=5");
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(response_.flow(), HasSubstr("udp,in_port=1,dl_vlan=5"));
  EXPECT_THAT(response_.text(), ::testing::StartsWith("Flow: udp,in_port=1,"));
  EXPECT_THAT(response_.outputs(), ElementsAre("p2"));
  EXPECT_EQ(response_.drop(), "");
  ASSERT_EQ(response_.passes_size(), 1);
  EXPECT_THAT(response_.passes(0).megaflow(), HasSubstr("in_port=p1"));
  EXPECT_THAT(response_.passes(0).actions(), HasSubstr("p2"));
  EXPECT_EQ(Kinds(), "bridge0 rule1 action2 rule3 action4");
  const v1::TraceStep& rule = response_.passes(0).steps(1);
  EXPECT_EQ(rule.table(), 0u);
  EXPECT_EQ(rule.priority(), 7u);
  EXPECT_EQ(rule.cookie(), 9u);
}

TEST_F(InspectServiceTest, TracesAFrame) {
  Flow("udp,tp_dst=53 actions=drop");
  const auto frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(1, 53).Build();
  ASSERT_TRUE(Trace("in_port=1", frame).ok());
  EXPECT_THAT(response_.flow(), HasSubstr("tp_dst=53"));
  EXPECT_THAT(response_.outputs(), IsEmpty());
  EXPECT_EQ(response_.drop(), Describe(DropReason::kRuleDrops).name);
  EXPECT_EQ(response_.passes(0).drop(), response_.drop());
}

TEST_F(InspectServiceTest, ATraceChangesNothing) {
  Flow("actions=learn(table=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),NORMAL");
  const size_t flows = switch_.FindBridge("br0")->ListFlows({}).size();
  datapath_.Reset();
  ASSERT_TRUE(Trace("in_port=1,dl_src=02:00:00:00:00:01").ok());
  EXPECT_THAT(response_.text(), HasSubstr("learns: table=5"));
  EXPECT_THAT(switch_.FindBridge("br0")->ListFlows({}), SizeIs(flows));
  EXPECT_THAT(switch_.ListFdb(), IsEmpty());
  EXPECT_THAT(datapath_.injected, IsEmpty());
  EXPECT_EQ(datapath_.invalidations, 0);
}

TEST_F(InspectServiceTest, SaysWhatIsWrongWithARequest) {
  const auto code = [&](const std::string& flow, const std::vector<uint8_t>& frame = {}) {
    return Trace(flow, frame).error_code();
  };
  EXPECT_EQ(code("udp"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Trace("udp").error_message(), HasSubstr("in_port"));
  EXPECT_EQ(code("in_port=1,upd"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("in_port=1,reg3=1"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("in_port=3"), grpc::StatusCode::NOT_FOUND);  // of another bridge
  EXPECT_EQ(code("in_port=1", {1, 2, 3}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("in_port=1,udp", std::vector<uint8_t>(60)), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(InspectServiceTest, ListsMegaflowsOfAllWorkers) {
  const std::vector<v1::Megaflow> all = List("", 0);
  ASSERT_EQ(all.size(), 10u);
  EXPECT_EQ(all[0].actions(), "drop");
  EXPECT_EQ(all[0].drop(), Describe(DropReason::kRuleDrops).name);
  EXPECT_EQ(all[0].used_seconds(), -1);
  EXPECT_THAT(all[1].match(), HasSubstr("in_port=p2"));
  EXPECT_EQ(all[1].actions(), "p2");
  EXPECT_EQ(all[1].bytes(), 60u);
  EXPECT_DOUBLE_EQ(all[1].used_seconds(), 1.5);
  EXPECT_EQ(all[9].worker(), 1u);
  EXPECT_THAT(List("", 3), SizeIs(6));
}

TEST_F(InspectServiceTest, ListsMegaflowsOfOneBridge) {
  EXPECT_THAT(List("br0", 0), SizeIs(10));
  EXPECT_THAT(List("br1", 0), IsEmpty());
}

TEST_F(InspectServiceTest, TellsHowWellCachesServe) {
  grpc::ClientContext context;
  v1::GetCacheStatsResponse stats;
  ASSERT_TRUE(stub_->GetCacheStats(&context, {}, &stats).ok());
  ASSERT_EQ(stats.workers_size(), 1);
  EXPECT_EQ(stats.workers(0).exact_match_hits(), 90u);
  EXPECT_EQ(stats.workers(0).translation_ns(), 3000u);
  ASSERT_EQ(stats.ports_size(), 1);  // port 99 is gone
  EXPECT_EQ(stats.ports(0).port(), "p2");
  EXPECT_EQ(stats.ports(0).bridge(), "br0");
  EXPECT_EQ(stats.ports(0).masks(), 3u);
  EXPECT_EQ(stats.limits().masks_per_port(), 128u);
}

}  // namespace
}  // namespace vsw::testing
