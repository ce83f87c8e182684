// SPDX-License-Identifier: Apache-2.0
//
// The prefixes of one field that the rules of a classifier match on, as a trie. One walk along a
// packet's value tells for every prefix length at once whether some rule has that prefix of the
// value, and how many leading bits were needed to know. So a route table lets a packet's megaflow
// be as wide as the free space around its address.
//
// A node branches on one whole byte; within it two bitmaps, laid out as a heap of nine levels, say
// which prefixes end there and where there is anything at all. Bytes that all of a node's prefixes
// share are skipped. So a walk meets few cache lines: three nodes for a table of 100,000 /24.
//
// Thread safety: Walk() on any thread, without waiting; the rest on the slow thread. Bits are set
// and cleared where they are: those of rules that a reader must find were set before the version
// that it reads at was published and stay as long as it may, so that whatever else changes under it
// makes its answer no less right. New nodes are published by one store (release) to the edge above,
// which readers load (acquire); what was taken out is freed after a grace period.
#ifndef VSW_OFPROTO_TABLE_PREFIX_TRIE_H_
#define VSW_OFPROTO_TABLE_PREFIX_TRIE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

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
  unsigned Byte(unsigned index) const {
    return static_cast<unsigned>((index < 8 ? high >> (56 - index * 8) : low >> (120 - index * 8)) &
                                 0xff);
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
  struct Node;
  using Edge = std::atomic<Node*>;

  // The children of a node by byte value; replaced as a whole when one comes or goes.
  struct Children {
    std::array<uint64_t, 4> present{};
    Edge slots[1];  // one for each set bit, in order

    bool Has(unsigned byte) const { return (present[byte / 64] >> (byte % 64) & 1) != 0; }
    size_t Rank(unsigned byte) const;
    size_t count() const { return Rank(256); }
    static Children* Make(const std::array<uint64_t, 4>& present);
    static void Free(void* children);
  };

  // A bit for each prefix of 1 to 8 bits of the byte: that of the first L bits of b stands at
  // (256 | b) >> (8 - L).
  struct Heap {
    std::array<std::atomic<uint64_t>, 8> words{};

    // Relaxed: see above.
    bool Has(unsigned place) const {
      return (words[place / 64].load(std::memory_order_relaxed) >> (place % 64) & 1) != 0;
    }
    void Set(unsigned place, bool value);
  };

  struct alignas(64) Node {
    uint64_t path = 0;        // the bytes that are skipped, from the highest on
    unsigned path_bytes = 0;  // 0..8
    std::atomic<Children*> children{nullptr};
    Heap exists;  // some prefix begins so
    Heap ends;    // some prefix is just this

    Edge* Child(unsigned byte) const;
    bool empty() const { return !exists.Has(2) && !exists.Has(3); }
    /// Sets what `exists` says of the first bits of `byte`, from the `length`-th up.
    void Update(unsigned byte, unsigned length);
  };

  struct Prefix {
    uint64_t high, low;
    unsigned length;
    bool operator==(const Prefix&) const = default;
  };
  struct PrefixHash {
    size_t operator()(const Prefix& prefix) const;
  };

  static Node* MakeLeaf(const PrefixValue& value, unsigned depth, unsigned length);
  static void SetEnd(Node* node, const PrefixValue& value, unsigned length, bool is_there);
  static void AddChild(Node* node, unsigned byte, Node* child, RetireList* retired);
  static void DropChild(Node* node, unsigned byte, RetireList* retired);
  static void Split(Edge* edge, unsigned common, RetireList* retired);
  void Enter(const PrefixValue& value, unsigned length, RetireList* retired);
  void Leave(const PrefixValue& value, unsigned length, RetireList* retired);
  static void FreeNode(void* node) { delete static_cast<Node*>(node); }
  static void FreeTree(Node* node);

  std::unordered_map<Prefix, uint32_t, PrefixHash> counts_;  // rules of each; the slow thread's
  Edge root_{nullptr};
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_PREFIX_TRIE_H_
