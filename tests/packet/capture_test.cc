// SPDX-License-Identifier: Apache-2.0
//
// The parser on real traffic: every capture in ../shared/data/pcaps beside the repository, or in
// the folder that VSW_PCAPS names.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "datapath/packet/parser.h"

namespace vsw {
namespace {

namespace fs = std::filesystem;

fs::path CaptureFolder() {
  if (const char* given = std::getenv("VSW_PCAPS")) return given;
  return fs::path(VSW_SOURCE_DIR) / ".." / "shared" / "data" / "pcaps";
}

// The classic capture format: a header of 24 bytes, then records of 16 bytes and the frame, in the
// byte order of the writer.
class Capture {
 public:
  static constexpr uint32_t kLinkEthernet = 1;

  /// Nothing if the file is of another format.
  static std::optional<Capture> Open(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    Capture capture;
    capture.bytes_.assign(std::istreambuf_iterator<char>(file), {});
    if (capture.bytes_.size() < 24) return std::nullopt;
    const uint32_t magic = capture.Get32(0);
    capture.swapped_ = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
    if (!capture.swapped_ && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) return std::nullopt;
    return capture;
  }
  uint32_t link_type() const { return Get32(20) & 0xffff; }
  /// False at the end, or where the file is cut.
  bool Next(std::span<const uint8_t>* seen, size_t* frame_bytes) {
    if (bytes_.size() - at_ < 16) return false;
    const size_t stored = Get32(at_ + 8);
    *frame_bytes = std::max<size_t>(Get32(at_ + 12), stored);
    at_ += 16;
    if (bytes_.size() - at_ < stored) return false;
    *seen = {bytes_.data() + at_, stored};
    at_ += stored;
    return true;
  }

 private:
  uint32_t Get32(size_t at) const {
    uint32_t value;
    std::memcpy(&value, bytes_.data() + at, sizeof(value));
    return swapped_ ? ByteSwap(value) : value;
  }
  std::vector<uint8_t> bytes_;
  bool swapped_ = false;
  size_t at_ = 24;
};

TEST(Captures, AreParsed) {
  const fs::path folder = CaptureFolder();
  if (!fs::is_directory(folder)) {
    GTEST_SKIP() << "NO CAPTURES: " << folder << " does not exist; set VSW_PCAPS to a folder of "
                 << "pcap files to run the parser on real traffic";
  }
  uint32_t files = 0, other = 0, frames = 0, refused = 0;
  std::map<uint16_t, uint32_t> types;
  for (const auto& entry : fs::directory_iterator(folder)) {
    auto capture = Capture::Open(entry.path());
    if (!capture || capture->link_type() != Capture::kLinkEthernet) {
      ++other;
      continue;
    }
    ++files;
    std::span<const uint8_t> seen;
    size_t frame_bytes = 0;
    while (capture->Next(&seen, &frame_bytes)) {
      const auto bytes = seen.first(std::min(seen.size(), kMaxParsedBytes));
      const auto exact = std::make_unique<uint8_t[]>(bytes.size());
      std::copy(bytes.begin(), bytes.end(), exact.get());
      FlowKey key;
      ++frames;
      if (ParseFrame({exact.get(), bytes.size()}, frame_bytes, PortNo{1}, &key) !=
          DropReason::kNone) {
        EXPECT_LT(bytes.size(), 22u) << entry.path() << ": a frame of " << bytes.size()
                                     << " bytes with at most two tags is not malformed";
        ++refused;
        continue;
      }
      EXPECT_GE(key.eth_type.Get(), 0x05ff) << entry.path();
      EXPECT_EQ(std::memcmp(key.eth_dst.octets.data(), bytes.data(), 6), 0) << entry.path();
      EXPECT_TRUE(key.eth_type.Get() == 0x86dd || (key.lines & kLineIpv6) == 0) << entry.path();
      ++types[key.eth_type.Get()];
    }
  }
  std::printf("captures: %u files, %u frames, %u malformed; %u files of another kind left out\n",
              files, frames, refused, other);
  std::printf("IPv4 %u, IPv6 %u, ARP %u, MPLS %u, other types %zu\n", types[0x0800], types[0x86dd],
              types[0x0806], types[0x8847], types.size() - 4);
  EXPECT_GT(files, 0u) << folder << " holds no Ethernet capture";
  EXPECT_GT(types[0x0800], 0u);
}

}  // namespace
}  // namespace vsw
