// SPDX-License-Identifier: Apache-2.0
//
// A doubly linked list through the elements of a vector, by index: an element is in the list by
// virtue of a Link that it holds for it. Nothing is allocated; every operation takes constant time.
#ifndef VSW_OFPROTO_FDB_INDEX_LIST_H_
#define VSW_OFPROTO_FDB_INDEX_LIST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vsw {

inline constexpr uint32_t kNilIndex = 0xffffffff;

struct IndexLink {
  uint32_t previous = kNilIndex;
  uint32_t next = kNilIndex;
};

/// `link` is the member of T that this list uses.
template <typename T, IndexLink T::*link>
class IndexList {
 public:
  uint32_t front() const { return head_; }
  size_t size() const { return size_; }

  void PushBack(std::vector<T>& items, uint32_t index) {
    items[index].*link = {.previous = tail_, .next = kNilIndex};
    (tail_ == kNilIndex ? head_ : (items[tail_].*link).next) = index;
    tail_ = index;
    ++size_;
  }
  void Remove(std::vector<T>& items, uint32_t index) {
    const IndexLink old = items[index].*link;
    (old.previous == kNilIndex ? head_ : (items[old.previous].*link).next) = old.next;
    (old.next == kNilIndex ? tail_ : (items[old.next].*link).previous) = old.previous;
    --size_;
  }
  static uint32_t Next(const std::vector<T>& items, uint32_t index) {
    return (items[index].*link).next;
  }

 private:
  uint32_t head_ = kNilIndex;
  uint32_t tail_ = kNilIndex;
  size_t size_ = 0;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_FDB_INDEX_LIST_H_
