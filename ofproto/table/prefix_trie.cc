// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/prefix_trie.h"

#include <algorithm>
#include <bit>

#include "base/status.h"

namespace vsw {
namespace {

constexpr unsigned kNodeBits = 64;
// From root to the longest prefix no more than one node for each bit.
constexpr size_t kMaxDepth = 130;

/// The highest `bits` of a word.
uint64_t HighBits(unsigned bits) { return bits == 0 ? 0 : ~uint64_t{0} << (64 - bits); }

template <typename Int>
Int Load(const uint8_t* bytes) {
  Int value = 0;
  for (size_t i = 0; i < sizeof(Int); ++i) value = static_cast<Int>(value << 8 | bytes[i]);
  return value;
}

}  // namespace

PrefixValue PrefixValue::Read(const uint8_t* key, const PrefixField& field) {
  const uint8_t* bytes = key + field.offset;
  switch (field.bits) {
    case 16:
      return {uint64_t{Load<uint16_t>(bytes)} << 48, 0};
    case 32:
      return {uint64_t{Load<uint32_t>(bytes)} << 32, 0};
    default:
      return {Load<uint64_t>(bytes), Load<uint64_t>(bytes + 8)};
  }
}

unsigned PrefixLength(const uint8_t* mask, const PrefixField& field) {
  const PrefixValue value = PrefixValue::Read(mask, field);
  const auto high = static_cast<unsigned>(std::countl_one(value.high));
  if (value.high != HighBits(high)) return 0;
  if (high < 64) return value.low == 0 ? high : 0;
  const auto low = static_cast<unsigned>(std::countl_one(value.low));
  return value.low == HighBits(low) ? 64 + low : 0;
}

PrefixTrie::~PrefixTrie() { FreeTree(root_.load(std::memory_order_relaxed)); }

void PrefixTrie::FreeTree(Node* node) {
  if (node == nullptr) return;
  for (Edge& child : node->child) FreeTree(child.load(std::memory_order_relaxed));
  delete node;
}

unsigned PrefixTrie::Common(const Node& node, const PrefixValue& value, unsigned from) {
  const auto equal = static_cast<unsigned>(std::countl_zero(node.prefix ^ value.From(from)));
  return std::min<unsigned>(equal, node.bits);
}

void PrefixTrie::Walk(const PrefixValue& value, Answer* answer) const {
  answer->lengths = {};
  unsigned depth = 0;
  const Node* node = root_.load(std::memory_order_acquire);
  while (node != nullptr) {
    const unsigned common = Common(*node, value, depth);
    if (common < node->bits) {
      // The bit that differs says that nothing longer is there.
      answer->checked = static_cast<uint8_t>(depth + common + 1);
      return;
    }
    depth += node->bits;
    // Relaxed: a rule that this lookup must find was counted before its version was published.
    if (node->rules.load(std::memory_order_relaxed) != 0) {
      answer->lengths[depth / 64] |= uint64_t{1} << (depth % 64);
    }
    const Node* children[2] = {node->child[0].load(std::memory_order_acquire),
                               node->child[1].load(std::memory_order_acquire)};
    if (children[0] == nullptr && children[1] == nullptr) break;
    node = children[value.Bit(depth)];
    if (node == nullptr) {
      answer->checked = static_cast<uint8_t>(depth + 1);
      return;
    }
  }
  answer->checked = static_cast<uint8_t>(depth);
}

PrefixTrie::Node* PrefixTrie::MakeChain(const PrefixValue& value, unsigned from, unsigned length) {
  auto* node = new Node;
  node->bits = static_cast<uint8_t>(std::min(length - from, kNodeBits));
  node->prefix = value.From(from) & HighBits(node->bits);
  const unsigned end = from + node->bits;
  if (end == length) {
    node->rules.store(1, std::memory_order_relaxed);
  } else {
    node->child[value.Bit(end)].store(MakeChain(value, end, length), std::memory_order_relaxed);
  }
  return node;
}

// A node for the first `bits` of `node`, with a copy of it for the rest below.
PrefixTrie::Node* PrefixTrie::Split(const Node& node, unsigned bits) {
  auto* rest = new Node;
  rest->bits = static_cast<uint8_t>(node.bits - bits);
  rest->prefix = node.prefix << bits;
  rest->rules.store(node.rules.load(std::memory_order_relaxed), std::memory_order_relaxed);
  for (size_t i = 0; i < 2; ++i) {
    rest->child[i].store(node.child[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  auto* top = new Node;
  top->bits = static_cast<uint8_t>(bits);
  top->prefix = node.prefix & HighBits(bits);
  top->child[rest->prefix >> 63].store(rest, std::memory_order_relaxed);
  return top;
}

void PrefixTrie::Add(const PrefixValue& value, unsigned length, RetireList* retired) {
  Edge* edge = &root_;
  unsigned depth = 0;
  for (;;) {
    Node* node = edge->load(std::memory_order_relaxed);
    if (node == nullptr) {
      edge->store(MakeChain(value, depth, length), std::memory_order_release);
      return;
    }
    const unsigned common = std::min(Common(*node, value, depth), length - depth);
    if (common < node->bits) {
      Node* top = Split(*node, common);
      const unsigned end = depth + common;
      if (end == length) {
        top->rules.store(1, std::memory_order_relaxed);
      } else {
        top->child[value.Bit(end)].store(MakeChain(value, end, length), std::memory_order_relaxed);
      }
      edge->store(top, std::memory_order_release);
      retired->Add(node, &FreeNode);
      return;
    }
    depth += node->bits;
    if (depth == length) {
      node->rules.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    edge = &node->child[value.Bit(depth)];
  }
}

void PrefixTrie::Remove(const PrefixValue& value, unsigned length, RetireList* retired) {
  std::array<Edge*, kMaxDepth> path;
  size_t steps = 0;
  Edge* edge = &root_;
  for (unsigned depth = 0;;
       edge = &edge->load(std::memory_order_relaxed)->child[value.Bit(depth)]) {
    path[steps++] = edge;
    Node* node = edge->load(std::memory_order_relaxed);
    VSW_CHECK(node != nullptr && Common(*node, value, depth) == node->bits);
    depth += node->bits;
    if (depth == length) break;
  }
  Node* last = edge->load(std::memory_order_relaxed);
  if (last->rules.fetch_sub(1, std::memory_order_relaxed) != 1) return;
  // Upwards while nothing is left: a node above may have been there for this branch alone.
  for (size_t i = steps; i-- > 0;) {
    Prune(path[i], retired);
    if (path[i]->load(std::memory_order_relaxed) != nullptr) break;
  }
}

// Takes out a node that holds no rules and no fork.
void PrefixTrie::Prune(Edge* edge, RetireList* retired) {
  Node* node = edge->load(std::memory_order_relaxed);
  if (node == nullptr || node->rules.load(std::memory_order_relaxed) != 0) return;
  Node* children[2] = {node->child[0].load(std::memory_order_relaxed),
                       node->child[1].load(std::memory_order_relaxed)};
  if (children[0] != nullptr && children[1] != nullptr) return;
  Node* only = children[0] != nullptr ? children[0] : children[1];
  if (only == nullptr) {
    edge->store(nullptr, std::memory_order_release);
    retired->Add(node, &FreeNode);
    return;
  }
  if (node->bits + only->bits > kNodeBits) return;
  auto* joined = new Node;
  joined->bits = static_cast<uint8_t>(node->bits + only->bits);
  joined->prefix = node->prefix | (node->bits == kNodeBits ? 0 : only->prefix >> node->bits);
  joined->rules.store(only->rules.load(std::memory_order_relaxed), std::memory_order_relaxed);
  for (size_t i = 0; i < 2; ++i) {
    joined->child[i].store(only->child[i].load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
  }
  edge->store(joined, std::memory_order_release);
  retired->Add(node, &FreeNode);
  retired->Add(only, &FreeNode);
}

}  // namespace vsw
