// SPDX-License-Identifier: Apache-2.0
//
// What a worker hands to the slow thread: a bounded ring of bytes, one a worker, with records of
// what was learned, notes of translations, and packets for controllers. When there is no room the
// worker is told: a decision whose notes could not be handed over is not kept, so that it is met
// again; a packet for a controller is dropped under a reason of its own. No port can fill the ring
// by itself, nor can packets alone.
//
// Thread safety: one worker pushes, the slow thread drains. A record is written before tail_ says
// that it is there, and read before head_ says that its room is free.
#ifndef VSW_DATAPATH_WORKER_SLOW_EVENTS_H_
#define VSW_DATAPATH_WORKER_SLOW_EVENTS_H_

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "datapath/flow/translation.h"
#include "datapath/worker/counters.h"
#include "datapath/worker/worker_set.h"

namespace vsw {

class SlowEventRing {
 public:
  static constexpr size_t kBytes = size_t{8} << 20;
  /// What one port may take up of it, and what packets may.
  static constexpr size_t kPortShare = kBytes / 4;
  static constexpr size_t kUpcallShare = kBytes / 4 * 3;

  SlowEventRing()
      : bytes_(std::make_unique_for_overwrite<uint8_t[]>(kBytes)),
        pushed_(kMaxPorts),
        popped_(kMaxPorts) {}

  /// Worker side. All that a translation gave rise to, or nothing: false, there is no room.
  bool PushDecision(PortNo port, std::span<const LearnEvent> learn, const NoteArea& notes) {
    size_t wanted = 0, longest = 0;
    const auto add = [&](size_t payload) {
      wanted += RecordBytes(payload);
      longest = std::max(longest, RecordBytes(payload));
    };
    for (size_t i = 0; i < learn.size(); ++i) add(sizeof(LearnEvent));
    for (size_t i = 0; i < notes.size(); ++i) add(notes[i].size());
    // At worst the end of the ring is passed just before the longest of them.
    if (!HasRoom(port, wanted + longest, kBytes)) return false;
    for (const LearnEvent& event : learn) {
      Append(port, {.kind = Kind::kLearn, .data_bytes = sizeof(event)},
             [&](uint8_t* out) { std::memcpy(out, &event, sizeof(event)); });
    }
    for (size_t i = 0; i < notes.size(); ++i) {
      const std::span<const uint8_t> note = notes[i];
      const auto bytes = static_cast<uint32_t>(note.size());
      Append(port, {.kind = Kind::kNote, .data_bytes = bytes},
             [&](uint8_t* out) { std::copy(note.begin(), note.end(), out); });
    }
    return true;
  }

  /// Worker side. A packet of `total_bytes`, of which `fill(out)` writes the first `packet_bytes`.
  template <typename Fill>
  bool PushUpcall(PortNo port, std::span<const uint8_t> blob, uint32_t packet_bytes,
                  uint32_t total_bytes, Fill&& fill) {
    const size_t payload = blob.size() + packet_bytes;
    if (!HasRoom(port, 2 * RecordBytes(payload), kUpcallShare)) return false;
    const auto blob_bytes = static_cast<uint32_t>(blob.size());
    Append(port,
           {.kind = Kind::kUpcall,
            .data_bytes = static_cast<uint32_t>(payload),
            .blob_bytes = blob_bytes,
            .total_bytes = total_bytes},
           [&](uint8_t* out) { fill(std::copy(blob.begin(), blob.end(), out)); });
    return true;
  }

  /// Slow-thread side. Hands up to `most` events to `learn(const LearnEvent&)`, `note(bytes)` and
  /// `upcall(blob, packet, total_bytes)`, oldest first; the spans are valid during the call.
  template <typename Learn, typename Note, typename Upcall>
  size_t Drain(size_t most, Learn&& learn, Note&& note, Upcall&& upcall) {
    size_t count = 0;
    uint64_t head = head_.load(std::memory_order_relaxed);
    while (count < most && head != tail_.load(std::memory_order_acquire)) {
      Header header;
      const uint8_t* record = bytes_.get() + head % kBytes;
      std::memcpy(static_cast<void*>(&header), record, kPadBytes);
      if (header.kind != Kind::kPad) {
        std::memcpy(static_cast<void*>(&header), record, sizeof(header));
        const std::span data(record + sizeof(header), header.data_bytes);
        Hand(header, data, learn, note, upcall);
        popped_[ToInt(header.port) % kMaxPorts].Add(header.record_bytes);
        ++count;
      }
      head += header.record_bytes;
      head_.store(head, std::memory_order_release);
    }
    return count;
  }
  bool empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  enum class Kind : uint8_t { kPad, kLearn, kNote, kUpcall };
  struct Header {
    uint32_t record_bytes = 0;
    Kind kind = Kind::kPad;
    // What a pad at the ring's end need not have room for.
    PortNo port = kNoPort;
    uint32_t data_bytes = 0;  // behind the header
    uint32_t blob_bytes = 0;  // of an upcall: the first of them
    uint32_t total_bytes = 0;
  };
  static constexpr size_t kPadBytes = 8;

  static size_t RecordBytes(size_t payload) {
    return (sizeof(Header) + payload + kPadBytes - 1) / kPadBytes * kPadBytes;
  }

  bool HasRoom(PortNo port, size_t bytes, size_t share) {
    const size_t index = ToInt(port) % kMaxPorts;
    const uint64_t of_port = pushed_[index] - popped_[index].Get();
    const uint64_t used =
        tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire);
    return of_port + bytes <= kPortShare && used + bytes <= share;
  }

  // REQUIRES: there is room, for a pad too.
  template <typename Fill>
  void Append(PortNo port, Header header, Fill&& fill) {
    header.port = port;
    header.record_bytes = static_cast<uint32_t>(RecordBytes(header.data_bytes));
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    const size_t to_end = kBytes - tail % kBytes;
    if (to_end < header.record_bytes) {
      const Header pad = {.record_bytes = static_cast<uint32_t>(to_end), .kind = Kind::kPad};
      std::memcpy(bytes_.get() + tail % kBytes, &pad, kPadBytes);
      tail += to_end;
    }
    uint8_t* record = bytes_.get() + tail % kBytes;
    std::memcpy(record, &header, sizeof(header));
    fill(record + sizeof(header));
    pushed_[ToInt(port) % kMaxPorts] += header.record_bytes;
    tail_.store(tail + header.record_bytes, std::memory_order_release);
  }

  template <typename Learn, typename Note, typename Upcall>
  static void Hand(const Header& header, std::span<const uint8_t> data, Learn&& learn, Note&& note,
                   Upcall&& upcall) {
    if (header.kind == Kind::kLearn) {
      LearnEvent event;
      std::memcpy(&event, data.data(), sizeof(event));
      learn(event);
    } else if (header.kind == Kind::kNote) {
      note(data);
    } else {
      upcall(data.first(header.blob_bytes), data.subspan(header.blob_bytes), header.total_bytes);
    }
  }

  const std::unique_ptr<uint8_t[]> bytes_;
  std::vector<uint64_t> pushed_;  // by port; the worker's
  std::vector<Counter> popped_;   // by port; the slow thread writes, the worker reads
  alignas(64) std::atomic<uint64_t> head_{0};
  alignas(64) std::atomic<uint64_t> tail_{0};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_SLOW_EVENTS_H_
