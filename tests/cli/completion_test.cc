// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/fake_manager.h"

namespace vsw::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class CompletionTest : public testing::Test {
 protected:
  CompletionTest() {
    manager_.bridges.add_bridges()->set_name("br0");
    for (const char* name : {"vm1", "vm2", "tap1"}) {
      v1::Port* port = manager_.ports.add_ports();
      port->set_name(name);
      port->set_bridge("br0");
    }
  }
  std::vector<std::string> Candidates(const std::vector<std::string>& words) {
    return Complete(words, manager_.socket());
  }

  FakeManager manager_;
};

TEST_F(CompletionTest, Commands) {
  EXPECT_THAT(Candidates({"add"}), ElementsAre("add-br", "add-flow", "add-flows", "add-group", "add-groups", "add-meter", "add-port"));
  EXPECT_THAT(Candidates({"fdb", ""}), ElementsAre("add", "del", "flush", "show"));
  EXPECT_THAT(Candidates({"add-br", "x", "--", "list"}), ElementsAre("list-br", "list-ports"));
}

TEST_F(CompletionTest, NamesOfBridgesAndPorts) {
  EXPECT_THAT(Candidates({"add-port", ""}), ElementsAre("br0"));
  EXPECT_THAT(Candidates({"del-port", "vm"}), ElementsAre("vm1", "vm2"));
  EXPECT_THAT(Candidates({"del-port", ""}), ElementsAre("br0", "tap1", "vm1", "vm2"));
  EXPECT_THAT(Candidates({"set", ""}), ElementsAre("bridge", "port"));
  EXPECT_THAT(Candidates({"get", "bridge", ""}), ElementsAre("br0"));
  EXPECT_THAT(Candidates({"--timeout", "3", "port-to-br", "t"}), ElementsAre("tap1"));
  EXPECT_THAT(Complete({"--target", manager_.socket(), "del-br", ""}, "/nonexistent"),
              ElementsAre("br0"));
}

TEST_F(CompletionTest, KeysAndTheirValues) {
  EXPECT_THAT(Candidates({"add-port", "br0", "x", "vlan"}), ElementsAre("vlan-mode="));
  EXPECT_THAT(Candidates({"add-port", "br0", "x", "pa"}), ElementsAre("path="));
  EXPECT_THAT(Candidates({"add-port", "br0", "x", "type=v"}),
              ElementsAre("type=vhost-user", "type=vxlan"));
  EXPECT_THAT(Candidates({"set", "port", "vm1", "tag=1", "priority-tags=a"}),
              ElementsAre("priority-tags=always"));
  EXPECT_THAT(Candidates({"set", "bridge", "br0", ""}), Contains("dpid="));
  EXPECT_THAT(Candidates({"set", "bridge", "br0", ""}), Not(Contains("tag=")));
  EXPECT_THAT(Candidates({"get", "port", "vm1", "tr"}), ElementsAre("trunks"));
  EXPECT_THAT(Candidates({"fdb", "flush", "br0", "port=t"}), ElementsAre("port=tap1"));
}

TEST_F(CompletionTest, OptionsAndTheirValues) {
  EXPECT_THAT(Candidates({"--t"}), ElementsAre("--table", "--target", "--timeout"));
  EXPECT_THAT(Candidates({"show", "--format", ""}), ElementsAre("json", "table"));
  EXPECT_THAT(Candidates({"show", "--target", "x"}), IsEmpty());
}

// Asks a real bash what it would offer for `line`, one candidate a line.
std::string Bash(const std::string& socket, const std::string& line) {
  const TempFolder folder;
  const std::string script = folder / "ask.bash";
  std::ofstream(script) << "PATH=$(dirname " VSWCTL "):$PATH\n"
                        << "export VSW_TARGET=" << socket << "\n"
                        << "source <(vswctl completion bash) || exit 1\n"
                        << "COMP_LINE='" << line << "' COMP_POINT=" << line.size() << "\n"
                        << "_vswctl\n"
                        << "printf '%s\\n' \"${COMPREPLY[@]}\"\n";
  FILE* pipe = popen(("bash --norc --noprofile " + script + " 2>&1").c_str(), "r");
  std::string out;
  std::array<char, 256> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
  EXPECT_EQ(pclose(pipe), 0) << out;
  return out;
}

TEST_F(CompletionTest, WorksInBash) {
  if (std::system("command -v bash > /dev/null") != 0) GTEST_SKIP() << "there is no bash here";
  EXPECT_EQ(Bash(manager_.socket(), "vswctl add-p"), "add-port\n");
  EXPECT_EQ(Bash(manager_.socket(), "vswctl del-port vm"), "vm1\nvm2\n");
  EXPECT_EQ(Bash(manager_.socket(), "vswctl del-br "), "br0\n");
  EXPECT_EQ(Bash(manager_.socket(), "vswctl add-port br0 x vlan"), "vlan-mode=\n");
  // bash has split at '=' and replaces only what follows it.
  EXPECT_EQ(Bash(manager_.socket(), "vswctl add-port br0 x type=vh"), "vhost-user\n");
}

TEST_F(CompletionTest, ScriptsAreValidForTheirShells) {
  int checked = 0;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    if (std::system(("command -v " + shell + " > /dev/null").c_str()) != 0) continue;
    const std::string check = "bash -c '" VSWCTL " completion " + shell + " | " + shell + " -n'";
    EXPECT_EQ(std::system(check.c_str()), 0) << shell;
    ++checked;
  }
  if (checked == 0) GTEST_SKIP() << "none of bash, zsh, fish is installed";
}

}  // namespace
}  // namespace vsw::cli
