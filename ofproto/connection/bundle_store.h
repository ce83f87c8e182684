// SPDX-License-Identifier: Apache-2.0
//
// The bundles that one controller has open (1.4 section 6.8; ONF extension 230 for 1.3): messages
// held back until they are committed together. What goes wrong with a bundle discards it, as the
// specification wants; the store only keeps and counts, committing is the caller's.
//
// Thread safety: the slow thread, but for the destructor.
#ifndef VSW_OFPROTO_CONNECTION_BUNDLE_STORE_H_
#define VSW_OFPROTO_CONNECTION_BUNDLE_STORE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <vector>

#include "ofproto/connection/quote.h"
#include "ofproto/message/codec.h"

namespace vsw::ofconn {

namespace bundle_flags {
inline constexpr uint16_t kAtomic = 1, kOrdered = 2;
}

struct Bundle {
  uint16_t flags = 0;
  bool closed = false;
  Quote opened_by;  // the message that made it, to be told of a timeout
  uint64_t last_ns = 0;
  std::vector<BridgeControl::BundleEntry> entries;
  std::vector<Quote> quotes;  // of entries
};

class BundleStore {
 public:
  static constexpr size_t kMaxBundles = 64;
  /// Over all bundles of all connections of a bridge, or many peers could fill memory together; a
  /// message takes about a kilobyte.
  static constexpr size_t kMaxMessages = 1 << 19;

  /// `held` counts the messages of all stores of the bridge, and outlives this one.
  explicit BundleStore(std::atomic<size_t>* held) : held_(held) {}
  ~BundleStore();
  BundleStore(const BundleStore&) = delete;
  BundleStore& operator=(const BundleStore&) = delete;

  OfStatus Open(uint32_t id, uint16_t flags, const Quote& message, uint64_t now_ns);
  OfStatus Close(uint32_t id, uint16_t flags, uint64_t now_ns);
  /// A bundle that does not exist is made by its first message. `quote` is the inner message's.
  OfStatus Add(msg::BundleAdd add, const Quote& message, uint64_t now_ns);
  OfStatus Discard(uint32_t id);
  /// The bundle, which is no longer in the store; it is lost in case of an error too.
  OfResult<Bundle> Take(uint32_t id, uint16_t flags);

  /// Removes what nobody touched for `timeout_ns`; those who opened them are told kBundleTimeout.
  std::vector<Quote> TakeExpired(uint64_t now_ns, uint64_t timeout_ns);
  bool empty() const { return bundles_.empty(); }

 private:
  using Map = std::map<uint32_t, Bundle>;
  OfStatus Insert(uint32_t id, uint16_t flags, const Quote& message, uint64_t now_ns);
  void Erase(Map::iterator it);

  Map bundles_;
  std::atomic<size_t>* const held_;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_BUNDLE_STORE_H_
