// SPDX-License-Identifier: Apache-2.0
//
// What Debian's ovs-ofctl makes of every message that the codec writes, against ovs_print.txt,
// which has been read line by line. VSW_OVS_PRINT_OUT names a file to write what came instead.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/ofproto/message/codec/samples.h"
#include "tests/ofproto/message/codec/wire_message.h"

namespace vsw {
namespace {

using namespace testing;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// An echo request stands between samples, so that one run of ovs-ofctl prints all of them.
std::map<std::string, std::string> PrintByOvs(const std::vector<Sample>& samples) {
  const std::string path = ::testing::TempDir() + "/vsw_samples." + std::to_string(getpid());
  std::ofstream file(path, std::ios::binary);
  const Bytes separator = EncodeEcho(OfVersion::k10, false, 0x7777, {});
  for (const Sample& sample : samples) {
    for (const Bytes& bytes : {separator, sample.bytes}) {
      file.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    }
  }
  file.close();
  FILE* pipe = popen(("ovs-ofctl ofp-parse " + path + " 2>&1").c_str(), "r");
  std::string text;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, count);
  pclose(pipe);
  unlink(path.c_str());

  std::map<std::string, std::string> printed;
  std::istringstream lines(text);
  size_t next = 0;
  std::string* current = nullptr;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("OFPT_ECHO_REQUEST (xid=0x7777)") && next < samples.size()) {
      current = &printed[samples[next++].title];
    } else if (current != nullptr) {
      *current += line + "\n";
    }
  }
  return printed;
}

std::map<std::string, std::string> Sections(const std::string& text) {
  std::map<std::string, std::string> sections;
  std::istringstream lines(text);
  std::string* current = nullptr;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) {
      current = &sections[line.substr(3)];
    } else if (current != nullptr) {
      *current += line + "\n";
    }
  }
  return sections;
}

TEST(Codec, WritesWhatOvsOfctlReads) {
  if (std::system("command -v ovs-ofctl > /dev/null") != 0) {
    GTEST_SKIP() << "NO ovs-ofctl: install openvswitch-common (deploy/packages.sh install test)";
  }
  const auto printed = PrintByOvs(EncodedSamples());
  if (const char* out = std::getenv("VSW_OVS_PRINT_OUT")) {
    std::ofstream file(out);
    for (const auto& [title, text] : printed) file << "## " << title << "\n" << text;
  }
  const auto expected = Sections(ReadFile(VSW_MESSAGE_TEST_DIR "/ovs_print.txt"));
  EXPECT_GT(printed.size(), 100u);
  for (const auto& [title, text] : printed) {
    EXPECT_EQ(text.find("decode error"), std::string::npos) << title;
    EXPECT_EQ(text.find("WARN"), std::string::npos) << title;
    const auto it = expected.find(title);
    EXPECT_EQ(text, it == expected.end() ? "(nothing)" : it->second) << title;
  }
  for (const auto& [title, text] : expected) {
    EXPECT_TRUE(printed.contains(title)) << "no longer printed: " << title;
  }
}

}  // namespace
}  // namespace vsw
