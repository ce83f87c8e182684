// SPDX-License-Identifier: Apache-2.0
//
// Cuts a stream of bytes into OpenFlow messages by the length in their headers (1.3 section 7.1).
// Holds at most one incomplete message beyond what was appended since the last Next().
#ifndef VSW_OFPROTO_CONNECTION_FRAMER_H_
#define VSW_OFPROTO_CONNECTION_FRAMER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace vsw::ofconn {

class Framer {
 public:
  void Append(std::span<const uint8_t> bytes);
  /// The next whole message, valid until the next Append(); none if it is not all there yet, or if
  /// broken().
  std::optional<std::span<const uint8_t>> Next();
  /// Next() would give one.
  bool has_message() const;
  /// The header at the front says a length below its own: nothing behind it can be found any more.
  bool broken() const;
  /// At most the first `count` bytes of what is not yet cut.
  std::span<const uint8_t> Front(size_t count) const;

 private:
  size_t FrontLength() const;
  size_t left() const { return bytes_.size() - start_; }

  std::vector<uint8_t> bytes_;
  size_t start_ = 0;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_FRAMER_H_
