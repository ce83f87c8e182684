// SPDX-License-Identifier: Apache-2.0
//
// The prefixes of one field that the rules of a classifier match on, as a path-compressed binary
// trie. One walk along a packet's value tells for every prefix length at once whether some rule has
// that prefix of the value, and how many leading bits were needed to know. So a route table lets a
// packet's megaflow be as wide as the free space around its address.
//
// Thread safety: Walk() on any thread, without waiting; the rest on the slow thread. A node's bits
// never change; what would change them makes new nodes and publishes them by one store (release) to
// the edge above, which readers load (acquire). Who is in the old nodes goes on in a trie that was
// right when they came, until a grace period has passed.
#ifndef VSW_OFPROTO_TABLE_PREFIX_TRIE_H_
#define VSW_OFPROTO_TABLE_PREFIX_TRIE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ofproto/match/match_key.h"
#include "ofproto/table/retire_list.h"

namespace vsw {

/// A field that has a trie: `bits` wide, big-endian at byte `offset` of a MatchKey.
struct PrefixField {
  uint16_t offset;
  uint8_t bits;
};
inline constexpr std::array<PrefixField, 6> kPrefixFields = {{
    {offsetof(MatchKey, packet) + offsetof(FlowKey, ipv4_dst), 32},
    {offsetof(MatchKey, packet) + offsetof(FlowKey, ipv4_src), 32},
    {offsetof(MatchKey, packet) + offsetof(FlowKey, ipv6_dst), 128},
    {offsetof(MatchKey, packet) + offsetof(FlowKey, ipv6_src), 128},
    {offsetof(MatchKey, packet) + offsetof(FlowKey, l4_dst), 16},
    {offsetof(MatchKey, packet) + offsetof(FlowKey, l4_src), 16},
}};

/// A field's value with its first bit as the highest of `high`.
struct PrefixValue {
  uint64_t high = 0, low = 0;

  static PrefixValue Read(const uint8_t* key, const PrefixField& field);
  bool Bit(unsigned index) const {
    return ((index < 64 ? high >> (63 - index) : low >> (127 - index)) & 1) != 0;
  }
  /// 64 bits from bit `from` on, zeros behind the end.
  uint64_t From(unsigned from) const {
    if (from == 0) return high;
    if (from >= 64) return from >= 128 ? 0 : low << (from - 64);
    return high << from | low >> (64 - from);
  }
};

/// How many leading bits of the field the mask has set, if it has no others; else 0.
unsigned PrefixLength(const uint8_t* mask, const PrefixField& field);

class PrefixTrie {
 public:
  struct Answer {
    // Not initialised: most lookups ask few tries. Walk() sets both.
    std::array<uint64_t, 3> lengths;  // bit L: some rule has the first L bits of the value
    uint8_t checked;                  // leading bits that were looked at
    bool Has(unsigned length) const { return (lengths[length / 64] >> (length % 64) & 1) != 0; }
  };

  PrefixTrie() = default;
  ~PrefixTrie();
  PrefixTrie(const PrefixTrie&) = delete;
  PrefixTrie& operator=(const PrefixTrie&) = delete;

  void Walk(const PrefixValue& value, Answer* answer) const;
  /// REQUIRES: length > 0.
  void Add(const PrefixValue& value, unsigned length, RetireList* retired);
  /// REQUIRES: it was added.
  void Remove(const PrefixValue& value, unsigned length, RetireList* retired);
  bool empty() const { return root_.load(std::memory_order_relaxed) == nullptr; }

 private:
  struct Node {
    uint64_t prefix = 0;  // `bits` of it, from the highest on
    uint8_t bits = 0;
    std::atomic<uint32_t> rules{0};                    // that have just the prefix that ends here
    std::atomic<Node*> child[2] = {nullptr, nullptr};  // by their first bit
  };
  using Edge = std::atomic<Node*>;

  static Node* MakeChain(const PrefixValue& value, unsigned from, unsigned length);
  static Node* Split(const Node& node, unsigned bits);
  static unsigned Common(const Node& node, const PrefixValue& value, unsigned from);
  static void FreeNode(void* node) { delete static_cast<Node*>(node); }
  static void FreeTree(Node* node);
  static void Prune(Edge* edge, RetireList* retired);

  Edge root_{nullptr};
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_PREFIX_TRIE_H_
