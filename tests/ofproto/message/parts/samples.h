// SPDX-License-Identifier: Apache-2.0
//
// Actions and matches as values, beside the words of ovs-ofctl for them, and the bytes that
// Debian's ovs-ofctl made of those words (the .txt files beside this one).
#ifndef VSW_TESTS_OFPROTO_MESSAGE_PARTS_SAMPLES_H_
#define VSW_TESTS_OFPROTO_MESSAGE_PARTS_SAMPLES_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ofproto/message/messages.h"
#include "ofproto/message/parts.h"

namespace vsw::testing {

using Bytes = std::vector<uint8_t>;

struct InstructionSample {
  std::string text;
  Instructions value;
};
/// One of every action, and of every instruction.
const std::vector<InstructionSample>& InstructionSamples();

struct MatchSample {
  std::string text;
  Match value;
};
/// One of every field, and of what shares its place with others.
const std::vector<MatchSample>& MatchSamples();

/// A line of a .txt file.
struct Golden {
  OfVersion version;
  bool nxm = false;   // ovs_matches.txt: 1.0 with Nicira's match
  std::string match;  // of the rule, in ovs-ofctl's words; may be empty
  std::string text;
  Bytes bytes;
};
std::vector<Golden> ReadGolden(const std::string& file);

std::string Hex(std::span<const uint8_t> bytes);
inline std::string Name(OfVersion version) {
  return "1." + std::to_string(static_cast<int>(version) - 1);
}
inline constexpr OfVersion kVersions[] = {OfVersion::k10, OfVersion::k11, OfVersion::k12,
                                          OfVersion::k13, OfVersion::k14, OfVersion::k15};

Bytes EncodedInstructions(OfVersion version, const Instructions& value);
Bytes EncodedMatch(OfVersion version, const Match& value);

/// A copy of `bytes` in memory of just that size, so that a sanitizer sees every byte read beyond.
class Exact {
 public:
  explicit Exact(std::span<const uint8_t> bytes)
      : bytes_(new uint8_t[bytes.size()]), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }
  std::span<const uint8_t> span() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_MESSAGE_PARTS_SAMPLES_H_
