// SPDX-License-Identifier: Apache-2.0
//
// Memory that readers may still be in: unpublished, to be freed after a grace period.
//
// Thread safety: the slow thread alone.
#ifndef VSW_OFPROTO_TABLE_RETIRE_LIST_H_
#define VSW_OFPROTO_TABLE_RETIRE_LIST_H_

#include <vector>

namespace vsw {

class RetireList {
 public:
  using Deleter = void (*)(void*);

  RetireList() = default;
  ~RetireList() { FreeAll(); }
  RetireList(const RetireList&) = delete;
  RetireList& operator=(const RetireList&) = delete;

  /// REQUIRES: no new reader can find `memory`.
  void Add(void* memory, Deleter deleter) {
    if (memory != nullptr) items_.push_back({memory, deleter});
  }
  /// REQUIRES: a grace period since the last Add().
  void FreeAll() {
    for (const Item& item : items_) item.deleter(item.memory);
    items_.clear();
  }
  bool empty() const { return items_.empty(); }

 private:
  struct Item {
    void* memory;
    Deleter deleter;
  };
  std::vector<Item> items_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_RETIRE_LIST_H_
