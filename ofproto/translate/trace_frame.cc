// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/trace_frame.h"

#include <algorithm>
#include <array>

#include "datapath/packet/flow_key.h"

namespace vsw {
namespace {

constexpr std::ptrdiff_t kFirstTag = 12;  // behind the addresses
constexpr size_t kTagBytes = 4;
constexpr uint16_t kCustomerTag = 0x8100, kServiceTag = 0x88a8;

uint16_t TypeAt(const std::vector<uint8_t>& frame, std::ptrdiff_t at) {
  const auto index = static_cast<size_t>(at);
  return index + 2 <= frame.size() ? static_cast<uint16_t>(frame[index] << 8 | frame[index + 1])
                                   : 0;
}
bool IsTag(uint16_t type) { return type == kCustomerTag || type == kServiceTag; }

// Of the type that says what is behind the tags.
std::ptrdiff_t TypeOffset(const std::vector<uint8_t>& frame) {
  std::ptrdiff_t at = kFirstTag;
  while (IsTag(TypeAt(frame, at))) at += kTagBytes;
  return at;
}

uint32_t WordAt(const std::vector<uint8_t>& frame, std::ptrdiff_t at) {
  return static_cast<uint32_t>(TypeAt(frame, at)) << 16 | TypeAt(frame, at + 2);
}

std::array<uint8_t, kTagBytes> Bytes(uint32_t value) {
  return {static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
          static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

void Insert(std::vector<uint8_t>* frame, std::ptrdiff_t at, uint32_t value) {
  const auto bytes = Bytes(value);
  frame->insert(frame->begin() + at, bytes.begin(), bytes.end());
}
void Erase(std::vector<uint8_t>* frame, std::ptrdiff_t at) {
  if (frame->size() < static_cast<size_t>(at) + kTagBytes) return;
  frame->erase(frame->begin() + at, frame->begin() + at + kTagBytes);
}

void Replace(std::vector<uint8_t>* frame, std::ptrdiff_t at, uint32_t value) {
  if (frame->size() < static_cast<size_t>(at) + kTagBytes) return;
  const auto bytes = Bytes(value);
  std::copy(bytes.begin(), bytes.end(), frame->begin() + at);
}

void SetType(std::vector<uint8_t>* frame, uint16_t type) {
  const auto at = static_cast<size_t>(TypeOffset(*frame));
  if (at + 2 > frame->size()) return;
  (*frame)[at] = static_cast<uint8_t>(type >> 8);
  (*frame)[at + 1] = static_cast<uint8_t>(type);
}

}  // namespace

std::vector<uint8_t> Restructured(std::span<const uint8_t> frame, std::span<const Action> edits) {
  std::vector<uint8_t> result(frame.begin(), frame.end());
  if (frame.size() < kFirstTag + 2) return result;
  for (size_t i = 0; i < edits.size(); i += 1 + DataSlots(edits[i])) {
    const Action& edit = edits[i];
    const auto tci = static_cast<uint16_t>(edit.tci() & ~kVlanPresent);
    switch (edit.type) {
      case ActionType::kPushVlan:
        Insert(&result, kFirstTag, static_cast<uint32_t>(edit.small) << 16 | tci);
        break;
      case ActionType::kPopVlan:
        Erase(&result, kFirstTag);
        break;
      case ActionType::kSetVlanTci:
        Replace(&result, kFirstTag, static_cast<uint32_t>(TypeAt(result, kFirstTag)) << 16 | tci);
        break;
      case ActionType::kSetMpls: {
        const std::ptrdiff_t at = TypeOffset(result) + 2;
        Replace(&result, at, (WordAt(result, at) & ~edit.mask) | edit.value);
        break;
      }
      case ActionType::kPushMpls:
        if (TypeOffset(result) + 2 > static_cast<std::ptrdiff_t>(result.size())) break;
        Insert(&result, TypeOffset(result) + 2, edit.value);
        SetType(&result, edit.small);
        break;
      case ActionType::kPopMpls:
        Erase(&result, TypeOffset(result) + 2);
        SetType(&result, edit.small);
        break;
      default:
        break;
    }
  }
  return result;
}

}  // namespace vsw
