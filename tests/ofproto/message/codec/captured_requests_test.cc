// SPDX-License-Identifier: Apache-2.0
//
// Requests as Debian's ovs-ofctl and os-ken send them (ovs_requests.txt, osken_requests.txt: what
// was asked of them, and the message), as they are and mutilated in every way.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "tests/ofproto/message/codec/wire_message.h"
#include "tests/support/random_seed.h"

namespace vsw {
namespace {

using namespace testing;

struct Captured {
  std::string command;
  Bytes bytes;
  OfVersion version() const { return static_cast<OfVersion>(bytes[0]); }
};

void ReadRequests(const std::string& path, std::vector<Captured>* all) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t bar = line.rfind(" | ");
    if (line.starts_with("#") || bar == std::string::npos) continue;
    Captured captured{line.substr(0, bar), {}};
    for (size_t at = bar + 3; at + 1 < line.size(); at += 2) {
      captured.bytes.push_back(static_cast<uint8_t>(std::stoul(line.substr(at, 2), nullptr, 16)));
    }
    all->push_back(std::move(captured));
  }
}

const std::vector<Captured>& CapturedRequests() {
  static const std::vector<Captured> requests = [] {
    std::vector<Captured> all;
    for (const char* name : {"/ovs_requests.txt", "/osken_requests.txt"}) {
      ReadRequests(std::string(VSW_MESSAGE_TEST_DIR) + name, &all);
    }
    return all;
  }();
  return requests;
}
// Decodes out of a buffer of just that size, so that a sanitizer sees a read behind its end. NXM
// flow-mods of 1.0 carry a table in their command once ovs-ofctl has asked for that.
OfResult<Request> DecodeTight(OfVersion version, std::span<const uint8_t> bytes) {
  const auto copy = std::make_unique<uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  Dialect dialect;
  dialect.version = version;
  dialect.flow_mod_table_id = true;
  return DecodeRequest(dialect, {copy.get(), bytes.size()});
}

void SetLength(Bytes* bytes) {
  (*bytes)[2] = static_cast<uint8_t>(bytes->size() >> 8);
  (*bytes)[3] = static_cast<uint8_t>(bytes->size());
}

TEST(CapturedRequest, AreAllUnderstood) {
  ASSERT_GT(CapturedRequests().size(), 480u);
  for (const Captured& captured : CapturedRequests()) {
    const OfResult<Request> request = DecodeTight(captured.version(), captured.bytes);
    EXPECT_TRUE(request.ok()) << NameOf(captured.version()) << " " << captured.command << ": "
                              << request.status().ToString();
  }
}

TEST(CapturedRequest, CanBeCutAnywhere) {
  size_t refused = 0;
  for (const Captured& captured : CapturedRequests()) {
    for (size_t length = 0; length < captured.bytes.size(); ++length) {
      Bytes cut(captured.bytes.begin(), captured.bytes.begin() + static_cast<ptrdiff_t>(length));
      // Once as it is, with the length of the whole; then as if it had been sent so.
      EXPECT_FALSE(DecodeTight(captured.version(), cut).ok());
      if (length < kOfHeaderBytes) continue;
      SetLength(&cut);
      refused += !DecodeTight(captured.version(), cut).ok();
    }
  }
  EXPECT_GT(refused, 1000u);
}

TEST(CapturedRequest, CanHaveAnyByteChanged) {
  Random random(RandomSeed());
  size_t accepted = 0, refused = 0;
  for (int round = 0; round < 100; ++round) {
    for (const Captured& captured : CapturedRequests()) {
      Bytes bytes = captured.bytes;
      const uint32_t changes = 1 + random.Below(4);
      for (uint32_t i = 0; i < changes; ++i) {
        const uint32_t at = 4 + random.Below(static_cast<uint32_t>(bytes.size()) - 4);
        bytes[at] = random.OneIn(2) ? static_cast<uint8_t>(random.Bits())
                                    : random.Pick(std::array<uint8_t, 5>{0, 1, 8, 0xff, 0xfe});
      }
      if (random.OneIn(4)) bytes.resize(bytes.size() + random.Below(24));
      SetLength(&bytes);
      const OfVersion version = random.Pick(kVersions);
      bytes[0] = static_cast<uint8_t>(random.OneIn(2) ? captured.version() : version);
      const bool ok = DecodeTight(static_cast<OfVersion>(bytes[0]), bytes).ok();
      (ok ? accepted : refused)++;
    }
  }
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 100u);
}

TEST(CapturedRequest, CanBeAnythingBehindTheHeader) {
  Random random(RandomSeed());
  for (int round = 0; round < 200'000; ++round) {
    Bytes bytes(kOfHeaderBytes + random.Below(120));
    for (uint8_t& octet : bytes) {
      octet = random.OneIn(2) ? 0 : static_cast<uint8_t>(random.Bits() % (1u << random.Below(9)));
    }
    bytes[0] = static_cast<uint8_t>(random.Pick(kVersions));
    bytes[1] = static_cast<uint8_t>(random.Below(36));
    SetLength(&bytes);
    const OfResult<Request> request = DecodeTight(static_cast<OfVersion>(bytes[0]), bytes);
    if (!request.ok()) {
      const Bytes error = EncodeError(static_cast<OfVersion>(bytes[0]), request.status(), 1, bytes);
      ASSERT_LE(error.size(), 8u + 12u + 64u);
    }
  }
}

}  // namespace
}  // namespace vsw
