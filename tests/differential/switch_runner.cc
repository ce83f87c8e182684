// SPDX-License-Identifier: Apache-2.0
//
// The real switch and one real worker on ports in memory, told what to do by lines on standard
// input, so that another switch can be compared with it packet by packet:
//
//   port N [access=V | trunks=V,V | native-tagged=V | native-untagged=V]   then `start`
//   clear                    forgets all rules, groups and addresses
//   flow TEXT, group TEXT    as ovs-ofctl add-flow and add-group; refusals are kept for `commit`
//   commit                   answers with refusals
//   packet N HEX             one frame in at port N; `done` answers with what left for each
//   trace N HEX              what would become of it, as a story
//   dump | drops
//
// Every answer ends with a line ".".
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "datapath/worker/worker_set.h"
#include "ofproto/switch.h"
#include "ofproto/text/text.h"
#include "ofproto/translate/trace.h"
#include "ofproto/translate/trace_frame.h"
#include "tests/support/eal.h"
#include "tests/support/memory_port.h"

namespace vsw::testing {
namespace {

std::vector<uint8_t> OctetsOf(const std::string& hex) {
  std::vector<uint8_t> octets;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return octets;
}

std::string HexOf(const std::vector<uint8_t>& octets) {
  std::string text;
  for (const uint8_t octet : octets) text += fmt::format("{:02x}", octet);
  return text;
}

std::vector<uint16_t> NumbersOf(const std::string& text) {
  std::vector<uint16_t> numbers;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, ',');) {
    numbers.push_back(static_cast<uint16_t>(std::stoul(one)));
  }
  return numbers;
}

class Runner {
 public:
  Runner() {
    WorkerOptions options;
    options.exact_match_entries = 1u << 12;
    options.max_megaflows = 1u << 16;
    auto workers = WorkerSet::Start(options, &switch_, MbufPool());
    VSW_CHECK(workers.ok());
    workers_ = std::move(*workers);
    bridge_.id = BridgeId{0};
    bridge_.name = "br0";
    bridge_.dpid = 1;
    bridge_.fail_secure = true;
  }
  ~Runner() {
    for (auto& [number, port] : ports_) workers_->RemovePort(port->number());
    workers_.reset();
  }

  void Run() {
    for (std::string line; std::getline(std::cin, line);) {
      const size_t space = line.find(' ');
      const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
      Do(line.substr(0, space), rest);
    }
  }

 private:
  void Do(const std::string& command, const std::string& rest) {
    if (command == "packet") return Packet(rest);
    if (command == "flow") return Flow(rest);
    if (command == "group") return Group(rest);
    if (command == "port") return AddPort(rest);
    if (command == "clear") return Clear();
    if (command == "start") {
      Start();
    } else if (command == "commit") {
      workers_->RunOnSlowThread([this] { Control()->Commit(); });
      for (const std::string& text : refused_) std::cout << text << '\n';
      refused_.clear();
    } else if (command == "dump") {
      workers_->RunOnSlowThread([this] {
        for (const FlowStats& flow : Control()->ListFlows({})) {
          std::cout << FormatFlowStats(flow) << '\n';
        }
      });
    } else if (command == "trace") {
      Trace(rest);
    } else if (command == "drops") {
      PrintDrops();
    } else if (command != "done") {
      std::cout << "unknown command: " << command << '\n';
    }
    std::cout << ".\n" << std::flush;
  }

  BridgeControl* Control() { return switch_.FindBridge("br0"); }

  void AddPort(const std::string& rest) {
    std::istringstream in(rest);
    SlowPathPort port;
    uint32_t number = 0;
    in >> number;
    port.number = PortNo{number};
    port.ofport = OfPort{number};
    port.name = "p" + std::to_string(number);
    port.mac = MacAddress::FromU64(0x02aa00000000 + number);
    for (std::string word; in >> word;) {
      const std::string key = word.substr(0, word.find('='));
      const std::vector<uint16_t> values = NumbersOf(word.substr(word.find('=') + 1));
      if (key == "trunks") {
        port.trunks = values;
        continue;
      }
      port.vlan_mode = key == "access"          ? VlanMode::kAccess
                       : key == "native-tagged" ? VlanMode::kNativeTagged
                                                : VlanMode::kNativeUntagged;
      port.tag = values.at(0);
    }
    bridge_.ports.push_back(port);
  }

  void Start() {
    workers_->RunOnSlowThread([this] { switch_.Configure({.bridges = {bridge_}}); });
    for (const SlowPathPort& port : bridge_.ports) {
      auto& made = ports_[ToInt(port.number)];
      made = std::make_unique<MemoryPort>(port.number, port.name, &sent_, &mutex_);
      workers_->AddPort(made.get());
    }
  }

  void Clear() {
    workers_->RunOnSlowThread([this] {
      FlowMod flows;
      flows.command = FlowMod::Command::kDelete;
      flows.table = kTableAll;
      (void)Control()->ModifyFlow(flows, {}).ok();
      GroupMod groups;
      groups.command = GroupMod::Command::kDelete;
      groups.group = kGroupAll;
      (void)Control()->ModifyGroup(groups, {}).ok();
      Control()->Commit();
      switch_.FlushFdb(nullptr, kNoPort);
    });
  }

  void Flow(const std::string& text) {
    const absl::StatusOr<FlowMod> mod = ParseFlow(text, FlowMod::Command::kAdd);
    Refuse(text, mod.status());
    if (!mod.ok()) return;
    workers_->RunOnSlowThread([&] { Refuse(text, Control()->ModifyFlow(*mod, {})); });
  }
  void Group(const std::string& text) {
    const absl::StatusOr<GroupMod> mod = ParseGroup(text, GroupMod::Command::kAdd);
    Refuse(text, mod.status());
    if (!mod.ok()) return;
    workers_->RunOnSlowThread([&] { Refuse(text, Control()->ModifyGroup(*mod, {})); });
  }
  void Refuse(const std::string& text, const absl::Status& status) {
    if (!status.ok()) refused_.push_back(text + ": " + std::string(status.message()));
  }
  void Refuse(const std::string& text, const OfStatus& status) {
    if (!status.ok()) refused_.push_back(text + ": " + status.ToString());
  }

  void Packet(const std::string& rest) {
    std::istringstream in(rest);
    uint32_t number = 0;
    std::string hex;
    in >> number >> hex;
    std::cout << "packet\n";
    MemoryPort& port = *ports_.at(number);
    port.Put(OctetsOf(hex));
    workers_->WakeAll();
    while (!port.idle()) std::this_thread::yield();
    // What the packet taught is known before the next one comes.
    // What the packet teaches is taken up behind the tasks of a round, so this takes two.
    workers_->RunOnSlowThread([] {});
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    workers_->RunOnSlowThread([] {});
    const std::lock_guard lock(mutex_);
    for (const SentFrame& frame : sent_) {
      std::cout << "out " << ToInt(frame.port) << ' ' << HexOf(frame.octets) << '\n';
    }
    sent_.clear();
  }

  void Trace(const std::string& rest) {
    std::istringstream in(rest);
    uint32_t number = 0;
    std::string hex;
    in >> number >> hex;
    const std::vector<uint8_t> frame = OctetsOf(hex);
    workers_->RunOnSlowThread([&] {
      FlowKey key;
      if (!workers_->ParseFrame(frame, PortNo{number}, &key)) {
        std::cout << "malformed\n";
        return;
      }
      const auto again = [&](std::span<const Action> edits, FlowKey* parsed) {
        return workers_->ParseFrame(Restructured(frame, edits), PortNo{number}, parsed);
      };
      const TraceFacts facts = {.packet_bytes = static_cast<uint32_t>(frame.size()),
                                .parse_again = again};
      std::cout << RenderTrace(switch_.TracePacket(key, facts)) << '\n';
    });
  }

  void PrintDrops() {
    for (const auto& [number, port] : ports_) {
      const PortTotals totals = workers_->ReadPort(port->number());
      for (size_t i = 0; i < kDropReasonCount; ++i) {
        if (totals.drops[i] == 0) continue;
        std::cout << number << ' ' << kDropReasons[i].name << ' ' << totals.drops[i] << '\n';
      }
    }
  }

  std::vector<SentFrame> sent_;
  std::mutex mutex_;  // guards sent_
  Switch switch_;
  std::unique_ptr<WorkerSet> workers_;
  SlowPathBridge bridge_;
  std::map<uint32_t, std::unique_ptr<MemoryPort>> ports_;
  std::vector<std::string> refused_;
};

}  // namespace
}  // namespace vsw::testing

int main() { vsw::testing::Runner().Run(); }
