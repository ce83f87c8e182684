// SPDX-License-Identifier: Apache-2.0
//
// A hash table from 64-bit keys to 64-bit values for one writer and any number of readers that
// never wait: open addressing, at most kMaxProbe steps. It is what workers see of a MacTable.
//
// Thread safety: Find() from any thread at any time. All else from the one writer's thread.
//   * A slot's key is written once in the life of its array and never replaced, so a reader that
//     found its key may read the value in peace; value 0 means that the key is gone.
//   * Slots of gone keys are reclaimed by building a new array and swapping the pointer. The old
//   one
//     is kept until ReleaseRetired(), before which the writer must have waited for a grace period.
//   * The hash is keyed anew for each array: nobody outside can aim at one chain.
#ifndef VSW_OFPROTO_FDB_MAC_INDEX_H_
#define VSW_OFPROTO_FDB_MAC_INDEX_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace vsw {

class MacIndex {
 public:
  static constexpr size_t kMaxProbe = 128;

  MacIndex();
  ~MacIndex();
  MacIndex(const MacIndex&) = delete;
  MacIndex& operator=(const MacIndex&) = delete;

  /// The value of `key`, or 0. Any thread.
  uint64_t Find(uint64_t key) const noexcept;

  /// REQUIRES: key != 0, value != 0.
  void Set(uint64_t key, uint64_t value);
  void Erase(uint64_t key);

  size_t size() const { return live_; }
  /// Whether there is an array that waits for a grace period.
  bool has_retired() const { return !retired_.empty(); }
  /// Frees what was unpublished before the grace period that the caller waited for.
  void ReleaseRetired() { retired_.clear(); }

 private:
  struct Slot {
    std::atomic<uint64_t> key{0};    // written once by the writer, read by all
    std::atomic<uint64_t> value{0};  // written by the writer, read by all
  };
  struct Array {
    Array(size_t capacity, uint64_t seed) : seed(seed), mask(capacity - 1), slots(capacity) {}
    size_t Home(uint64_t key) const;
    const uint64_t seed;
    const size_t mask;
    std::vector<Slot> slots;
  };

  /// The slot that holds `key` or may take it; null if there is none within the bound.
  static Slot* FindSlot(Array& array, uint64_t key);
  static bool CopyLive(const Array& from, Array& to);
  void Rebuild();

  std::unique_ptr<Array> owned_;         // the writer's; what published_ points to
  std::atomic<const Array*> published_;  // written by the writer, read by all
  std::vector<std::unique_ptr<Array>> retired_;
  size_t used_ = 0;  // slots with a key, live or gone
  size_t live_ = 0;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_FDB_MAC_INDEX_H_
