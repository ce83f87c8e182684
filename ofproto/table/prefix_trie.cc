// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/prefix_trie.h"

#include <algorithm>
#include <bit>
#include <new>

#include "base/status.h"

namespace vsw {
namespace {

constexpr unsigned kMaxPathBytes = 8;

/// The highest `bits` of a word.
uint64_t HighBits(unsigned bits) { return bits == 0 ? 0 : ~uint64_t{0} << (64 - bits); }

/// The byte that a prefix ends in: 1 to 8 bits of it.
unsigned LastByte(unsigned length) { return (length - 1) / 8; }

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

size_t PrefixTrie::PrefixHash::operator()(const Prefix& prefix) const {
  // The order of the map is seen by nobody and rules are bounded; no secret needed.
  uint64_t hash = (prefix.high ^ prefix.length) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ hash >> 32 ^ prefix.low) * 0xbf58476d1ce4e5b9ULL;
  return hash ^ hash >> 29;
}

// --- Nodes ---------------------------------------------------------------------------------------

size_t PrefixTrie::Children::Rank(unsigned byte) const {
  size_t rank = 0;
  for (unsigned i = 0; i < byte / 64; ++i) rank += static_cast<size_t>(std::popcount(present[i]));
  if (byte % 64 == 0) return rank;
  return rank + static_cast<size_t>(std::popcount(present[byte / 64] << (64 - byte % 64)));
}

PrefixTrie::Children* PrefixTrie::Children::Make(const std::array<uint64_t, 4>& present) {
  size_t count = 0;
  for (const uint64_t word : present) count += static_cast<size_t>(std::popcount(word));
  auto* children = new (::operator new(sizeof(Children) + count * sizeof(Edge))) Children;
  children->present = present;
  for (size_t i = 0; i < count; ++i) new (&children->slots[i]) Edge(nullptr);
  return children;
}

void PrefixTrie::Children::Free(void* children) { ::operator delete(children); }

void PrefixTrie::Heap::Set(unsigned place, bool value) {
  std::atomic<uint64_t>& word = words[place / 64];
  const uint64_t bit = uint64_t{1} << (place % 64);
  const uint64_t now = word.load(std::memory_order_relaxed);
  word.store(value ? now | bit : now & ~bit, std::memory_order_relaxed);
}

PrefixTrie::Edge* PrefixTrie::Node::Child(unsigned byte) const {
  Children* all = children.load(std::memory_order_acquire);
  return all != nullptr && all->Has(byte) ? &all->slots[all->Rank(byte)] : nullptr;
}

void PrefixTrie::Node::Update(unsigned byte, unsigned length) {
  for (; length > 0; --length) {
    const unsigned place = (256 | byte) >> (8 - length);
    const bool below =
        length == 8 ? Child(byte) != nullptr : exists.Has(place * 2) || exists.Has(place * 2 + 1);
    exists.Set(place, below || ends.Has(place));
  }
}

PrefixTrie::~PrefixTrie() { FreeTree(root_.load(std::memory_order_relaxed)); }

void PrefixTrie::FreeTree(Node* node) {
  if (node == nullptr) return;
  if (Children* children = node->children.load(std::memory_order_relaxed)) {
    const size_t count = children->count();
    for (size_t i = 0; i < count; ++i) {
      FreeTree(children->slots[i].load(std::memory_order_relaxed));
    }
    Children::Free(children);
  }
  delete node;
}

// --- The readers' side ---------------------------------------------------------------------------

void PrefixTrie::Walk(const PrefixValue& value, Answer* answer) const {
  answer->lengths = {};
  answer->checked = 0;
  unsigned depth = 0;  // bytes
  const Node* node = root_.load(std::memory_order_acquire);
  while (node != nullptr) {
    const auto common = static_cast<unsigned>(std::countl_zero(value.From(depth * 8) ^ node->path));
    if (common < node->path_bytes * 8) {
      // The bit that differs says that nothing longer is there.
      answer->checked = static_cast<uint8_t>(depth * 8 + common + 1);
      return;
    }
    depth += node->path_bytes;
    const unsigned byte = value.Byte(depth);
    for (unsigned length = 1; length <= 8; ++length) {
      const unsigned place = (256 | byte) >> (8 - length);
      if (!node->exists.Has(place)) {
        // Without anything on the other side either this bit need not be looked at.
        const unsigned looked_at = node->exists.Has(place ^ 1) ? length : length - 1;
        answer->checked = static_cast<uint8_t>(depth * 8 + looked_at);
        return;
      }
      if (node->ends.Has(place)) {
        const unsigned bits = depth * 8 + length;
        answer->lengths[bits / 64] |= uint64_t{1} << (bits % 64);
      }
    }
    const Edge* edge = node->Child(byte);
    ++depth;
    answer->checked = static_cast<uint8_t>(depth * 8);
    node = edge == nullptr ? nullptr : edge->load(std::memory_order_acquire);
  }
}

// --- The writer's side ---------------------------------------------------------------------------

void PrefixTrie::SetEnd(Node* node, const PrefixValue& value, unsigned length, bool is_there) {
  const unsigned byte = value.Byte(LastByte(length));
  const unsigned bits = length - LastByte(length) * 8;
  node->ends.Set((256 | byte) >> (8 - bits), is_there);
  node->Update(byte, bits);
}

// A node, or a few below each other, for one prefix, of which the first `depth` bytes lie above.
PrefixTrie::Node* PrefixTrie::MakeLeaf(const PrefixValue& value, unsigned depth, unsigned length) {
  auto* node = new Node;
  node->path_bytes = std::min(LastByte(length) - depth, kMaxPathBytes);
  node->path = value.From(depth * 8) & HighBits(node->path_bytes * 8);
  depth += node->path_bytes;
  if (depth == LastByte(length)) {
    SetEnd(node, value, length, true);
    return node;
  }
  RetireList nothing;
  AddChild(node, value.Byte(depth), MakeLeaf(value, depth + 1, length), &nothing);
  return node;
}

void PrefixTrie::AddChild(Node* node, unsigned byte, Node* child, RetireList* retired) {
  Children* old = node->children.load(std::memory_order_relaxed);
  std::array<uint64_t, 4> present{};
  if (old != nullptr) present = old->present;
  present[byte / 64] |= uint64_t{1} << (byte % 64);
  Children* now = Children::Make(present);
  const size_t place = now->Rank(byte);
  const size_t count = now->count();
  for (size_t i = 0; i < count; ++i) {
    Node* at = i == place ? child : old->slots[i - (i > place)].load(std::memory_order_relaxed);
    now->slots[i].store(at, std::memory_order_relaxed);
  }
  node->children.store(now, std::memory_order_release);
  retired->Add(old, &Children::Free);
  node->Update(byte, 8);
}

void PrefixTrie::DropChild(Node* node, unsigned byte, RetireList* retired) {
  Children* old = node->children.load(std::memory_order_relaxed);
  std::array<uint64_t, 4> present = old->present;
  present[byte / 64] &= ~(uint64_t{1} << (byte % 64));
  Children* now = old->count() > 1 ? Children::Make(present) : nullptr;
  const size_t place = old->Rank(byte);
  const size_t count = old->count() - 1;
  for (size_t i = 0; i < count; ++i) {
    now->slots[i].store(old->slots[i + (i >= place)].load(std::memory_order_relaxed),
                        std::memory_order_relaxed);
  }
  node->children.store(now, std::memory_order_release);
  retired->Add(old, &Children::Free);
  node->Update(byte, 8);
}

// Puts a node above the one at `edge` that branches behind the first `common` bytes of its path.
void PrefixTrie::Split(Edge* edge, unsigned common, RetireList* retired) {
  Node* node = edge->load(std::memory_order_relaxed);
  auto* rest = new Node;
  rest->path_bytes = node->path_bytes - common - 1;
  // A shift by all 64 bits is none.
  rest->path = rest->path_bytes == 0 ? 0 : node->path << (common + 1) * 8;
  for (size_t i = 0; i < node->exists.words.size(); ++i) {
    rest->exists.words[i] = node->exists.words[i].load(std::memory_order_relaxed);
    rest->ends.words[i] = node->ends.words[i].load(std::memory_order_relaxed);
  }
  rest->children.store(node->children.load(std::memory_order_relaxed), std::memory_order_relaxed);
  auto* top = new Node;
  top->path_bytes = common;
  top->path = node->path & HighBits(common * 8);
  AddChild(top, static_cast<unsigned>(node->path >> (56 - common * 8) & 0xff), rest, retired);
  edge->store(top, std::memory_order_release);
  retired->Add(node, &FreeNode);
}

void PrefixTrie::Enter(const PrefixValue& value, unsigned length, RetireList* retired) {
  Edge* edge = &root_;
  for (unsigned depth = 0;; ++depth) {
    Node* node = edge->load(std::memory_order_relaxed);
    if (node == nullptr) {
      edge->store(MakeLeaf(value, depth, length), std::memory_order_release);
      return;
    }
    const auto equal = static_cast<unsigned>(std::countl_zero(value.From(depth * 8) ^ node->path));
    const unsigned common = std::min(equal / 8, LastByte(length) - depth);
    if (common < node->path_bytes) {
      Split(edge, common, retired);
      node = edge->load(std::memory_order_relaxed);
    }
    depth += node->path_bytes;
    if (depth == LastByte(length)) {
      SetEnd(node, value, length, true);
      return;
    }
    edge = node->Child(value.Byte(depth));
    if (edge == nullptr) {
      AddChild(node, value.Byte(depth), MakeLeaf(value, depth + 1, length), retired);
      return;
    }
  }
}

void PrefixTrie::Leave(const PrefixValue& value, unsigned length, RetireList* retired) {
  std::array<Node*, 17> path;
  std::array<unsigned, 17> bytes;  // by which the path goes on
  size_t steps = 0;
  Node* node = root_.load(std::memory_order_relaxed);
  for (unsigned depth = 0;; ++depth) {
    VSW_CHECK(node != nullptr);
    path[steps] = node;
    depth += node->path_bytes;
    bytes[steps++] = value.Byte(depth);
    if (depth == LastByte(length)) break;
    node = node->Child(value.Byte(depth))->load(std::memory_order_relaxed);
  }
  SetEnd(node, value, length, false);
  for (size_t i = steps; i-- > 0 && path[i]->empty();) {
    if (i == 0) {
      root_.store(nullptr, std::memory_order_release);
    } else {
      DropChild(path[i - 1], bytes[i - 1], retired);
    }
    retired->Add(path[i], &FreeNode);
  }
}

void PrefixTrie::Add(const PrefixValue& value, unsigned length, RetireList* retired) {
  if (++counts_[{value.high, value.low, length}] == 1) Enter(value, length, retired);
}

void PrefixTrie::Remove(const PrefixValue& value, unsigned length, RetireList* retired) {
  const auto count = counts_.find({value.high, value.low, length});
  VSW_CHECK(count != counts_.end());
  if (--count->second > 0) return;
  counts_.erase(count);
  Leave(value, length, retired);
}

}  // namespace vsw
