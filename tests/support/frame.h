// SPDX-License-Identifier: Apache-2.0
//
// A frame as bytes, edited the slow and plain way: whatever is asked of it, it finds the header
// anew. Checksums are left alone. For tests that compare what translations do to packets.
#ifndef VSW_TESTS_SUPPORT_FRAME_H_
#define VSW_TESTS_SUPPORT_FRAME_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datapath/packet/flow_key.h"

namespace vsw::testing {

class Frame {
 public:
  Frame() = default;
  explicit Frame(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  /// As a worker parses it, every line defined; in_port and recirc_id 0.
  FlowKey Key() const;
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  size_t tags() const;
  /// The type behind all tags.
  uint16_t type() const { return Get16(12 + 4 * tags()); }

  void PushVlan(uint16_t tpid, uint16_t tci);
  void PopVlan();
  void SetVlanTci(uint16_t tci);
  /// Behind the tags.
  void PushMpls(uint16_t type, uint32_t entry);
  void PopMpls(uint16_t type);
  void SetMpls(uint32_t value, uint32_t mask);
  uint32_t mpls() const { return Get32(Payload()); }
  /// The bits of `mask` in the header byte that FlowKey's byte `offset` stands for; nothing if the
  /// frame has no such header.
  void SetKeyByte(size_t offset, uint8_t value, uint8_t mask);

  std::string ToString() const;
  auto operator<=>(const Frame&) const = default;

 private:
  size_t Payload() const { return 14 + 4 * tags(); }
  uint16_t Get16(size_t at) const;
  uint32_t Get32(size_t at) const;
  void Set16(size_t at, uint16_t value);
  std::optional<size_t> L4() const;
  std::optional<size_t> Locate(size_t offset) const;

  std::vector<uint8_t> bytes_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_FRAME_H_
