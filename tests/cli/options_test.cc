// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <iterator>
#include <sstream>

#include "cli/target.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vsw::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

absl::StatusOr<CommandLine> Parse(const std::string& text) {
  std::istringstream words(text);
  return ParseCommandLine({std::istream_iterator<std::string>(words), {}}, "/default");
}

std::string Refusal(const std::string& text) {
  const auto line = Parse(text);
  return line.ok() ? "accepted" : std::string(line.status().message());
}

TEST(CommandLine, TakesOptionsBeforeAndAfterTheCommand) {
  for (const char* text : {"--timeout 3 --format json --target /x list-br",
                           "list-br --timeout=3 --format=json --target=/x",
                           "--timeout 3 list-br --format json --target /x"}) {
    const auto line = Parse(text);
    ASSERT_TRUE(line.ok()) << text << ": " << std::string(line.status().message());
    EXPECT_EQ(line->timeout_s, 3);
    EXPECT_EQ(line->format, Format::kJson);
    EXPECT_EQ(line->target, "/x");
    EXPECT_EQ(line->invocations[0].command->name, "list-br");
  }
}

TEST(CommandLine, HasDefaults) {
  const auto line = Parse("show").value();
  EXPECT_EQ(line.timeout_s, 10);
  EXPECT_EQ(line.target, "/default");
  EXPECT_EQ(line.format, Format::kTable);
  EXPECT_FALSE(line.no_wait);
}

TEST(CommandLine, SplitsWordsFromPairs) {
  const auto line = Parse("add-port br0 vm1 type=vhost-user path=/run/vm1.sock tag=").value();
  EXPECT_THAT(line.invocations[0].words, ElementsAre("br0", "vm1"));
  EXPECT_THAT(line.invocations[0].pairs,
              ElementsAre("type=vhost-user", "path=/run/vm1.sock", "tag="));
}

TEST(CommandLine, JoinsCommandsWithTheirOwnFlags) {
  const auto line =
      Parse("--may-exist add-br br0 -- add-port br0 p -- --if-exists del-port q").value();
  ASSERT_EQ(line.invocations.size(), 3u);
  EXPECT_TRUE(line.invocations[0].may_exist);
  EXPECT_FALSE(line.invocations[1].may_exist);
  EXPECT_TRUE(line.invocations[2].if_exists);
}

TEST(CommandLine, RefusesToJoinCommandsThatRead) {
  EXPECT_THAT(Refusal("add-br br0 -- list-br"), HasSubstr("list-br cannot be joined"));
  EXPECT_THAT(Refusal("show -- add-br br0"), HasSubstr("show cannot be joined"));
  EXPECT_THAT(Refusal("add-br br0 -- fdb flush"), HasSubstr("fdb flush cannot be joined"));
}

TEST(CommandLine, RefusesFlagsThatWouldDoNothing) {
  EXPECT_THAT(Refusal("--may-exist del-br br0"), HasSubstr("--may-exist goes with add-br"));
  EXPECT_THAT(Refusal("--if-exists add-br br0"), HasSubstr("--if-exists goes with del-br"));
  EXPECT_THAT(Refusal("--no-wait list-br"), HasSubstr("list-br is none"));
}

TEST(CommandLine, SaysWhatIsWrong) {
  EXPECT_THAT(Refusal(""), HasSubstr("no command given"));
  EXPECT_THAT(Refusal("add-br br0 --"), HasSubstr("one side of a --"));
  EXPECT_THAT(Refusal("addbr br0"), HasSubstr("no command 'addbr'"));
  EXPECT_THAT(Refusal("fdb"), HasSubstr("fdb needs one of show, add, del, flush"));
  EXPECT_THAT(Refusal("add-port br0"), HasSubstr("usage: vswctl add-port BRIDGE PORT"));
  EXPECT_THAT(Refusal("port-to-br a b"), HasSubstr("'b' is too much"));
  EXPECT_THAT(Refusal("--timeout 0 show"), HasSubstr("--timeout takes seconds"));
  EXPECT_THAT(Refusal("--timeout nan show"), HasSubstr("--timeout"));
  EXPECT_THAT(Refusal("--timeout x show"), HasSubstr("--timeout"));
  EXPECT_THAT(Refusal("--format xml show"), HasSubstr("table or json"));
  EXPECT_THAT(Refusal("--colour show"), HasSubstr("--colour"));
}

TEST(CommandLine, HelpNeedsNothingElseToBeRight) {
  EXPECT_EQ(Parse("--help").value().invocations[0].command->name, "help");
  EXPECT_THAT(Parse("add-port -h").value().invocations[0].words, ElementsAre("add-port"));
  EXPECT_THAT(Parse("nonsense --help").value().invocations[0].words, IsEmpty());
}

TEST(Target, IsAPathWithOrWithoutScheme) {
  EXPECT_EQ(ParseTarget("/run/x.sock").value(), "/run/x.sock");
  EXPECT_EQ(ParseTarget("unix:/run/x.sock").value(), "/run/x.sock");
  EXPECT_EQ(ParseTarget("unix:///run/x.sock").value(), "/run/x.sock");
  EXPECT_EQ(ParseTarget("x.sock").value(), "x.sock");
}

TEST(Target, RefusesOtherSchemesAndLongPaths) {
  for (const std::string text : {"localhost:50051", "dns:///host:1", "http://host/", "unix:", ""}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
  EXPECT_TRUE(ParseTarget("/" + std::string(106, 'x')).ok());
  EXPECT_THAT(std::string(ParseTarget("/" + std::string(107, 'x')).status().message()),
              HasSubstr("at most 107 characters"));
}

}  // namespace
}  // namespace vsw::cli
