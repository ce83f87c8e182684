// SPDX-License-Identifier: Apache-2.0
#include "tests/packet/random_frame.h"

#include <algorithm>

namespace vsw::testing {
namespace {

using Bytes = std::vector<uint8_t>;

void Put16(Bytes* out, uint32_t value) {
  out->push_back(static_cast<uint8_t>(value >> 8));
  out->push_back(static_cast<uint8_t>(value));
}
void PutRandom(Random* random, Bytes* out, size_t count) {
  for (; count > 0; --count) out->push_back(static_cast<uint8_t>(random->Bits()));
}
void Store16(Bytes* bytes, size_t at, uint32_t value) {
  (*bytes)[at] = static_cast<uint8_t>(value >> 8);
  (*bytes)[at + 1] = static_cast<uint8_t>(value);
}

// The sum of big-endian pairs, folded.
uint32_t Sum(const Bytes& bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? uint64_t{bytes[i]} << 8 : bytes[i];
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint32_t>(sum);
}

uint32_t Crc32c(const Bytes& bytes) {
  uint32_t crc = 0xffffffff;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
  }
  return ~crc;
}

void Append(Bytes* out, const Bytes& from, size_t begin, size_t end) {
  out->insert(out->end(), from.begin() + static_cast<std::ptrdiff_t>(begin),
              from.begin() + static_cast<std::ptrdiff_t>(end));
}

void PutL4(Random* random, RandomFrame* f) {
  Bytes* out = &f->bytes;
  f->l4 = out->size();
  static constexpr uint8_t kProtocols[] = {6, 17, 132, 1, 58, 58};
  f->protocol = random->Pick(kProtocols);
  if (f->protocol == 58 && !f->ipv6) f->protocol = 1;
  if (f->protocol == 6) {
    PutRandom(random, out, 12);
    Put16(out, 0x5000 | random->Below(0x1000));
    PutRandom(random, out, 6);
  } else if (f->protocol == 17) {
    PutRandom(random, out, 8);
    f->no_udp_checksum = random->OneIn(4);
  } else if (f->protocol == 132) {
    PutRandom(random, out, 12);
  } else if (f->protocol == 58 && random->OneIn(2)) {
    f->neighbor = true;
    out->push_back(random->OneIn(2) ? 135 : 136);
    out->push_back(0);
    PutRandom(random, out, 22);
    f->nd_options = out->size();
    for (uint32_t n = random->Below(4); n > 0; --n) {
      const auto kind = static_cast<uint8_t>(1 + random->Below(3));
      if (kind == 1 && f->nd_source == 0)
        f->nd_source = out->size() + 2;
      else if (kind == 2 && f->nd_target == 0)
        f->nd_target = out->size() + 2;
      else if (kind != 3)
        continue;
      out->push_back(kind);
      out->push_back(1);
      PutRandom(random, out, 6);
      // The parser takes an address of zeros for none.
      out->back() |= 1;
    }
    return;
  } else {
    // No neighbour discovery by chance; now and then nothing but zeros.
    const bool zeros = f->protocol == 1 && random->OneIn(8);
    out->push_back(zeros ? 0 : static_cast<uint8_t>(random->Below(128)));
    if (zeros) return out->resize(out->size() + 7);
    PutRandom(random, out, 7);
  }
  PutRandom(random, out, random->Below(60));
}

void PutIpv4(Random* random, RandomFrame* f) {
  Bytes* out = &f->bytes;
  f->ipv4 = true;
  const size_t options = random->Below(4) * 4;
  out->push_back(static_cast<uint8_t>(0x45 + options / 4));
  PutRandom(random, out, 19 + options);
  const bool later = random->OneIn(8);
  f->fragment = later || random->OneIn(6);
  const bool more = f->fragment && (!later || random->OneIn(2));
  Store16(out, f->l3 + 6, (more ? 0x2000u : 0x4000u * random->Below(2)) | (later ? 33u : 0u));
  if (later) {
    PutRandom(random, out, 40);
  } else {
    PutL4(random, f);
    if (f->fragment) PutRandom(random, &f->rest, 50);
    // Fragments end at multiples of eight bytes.
    while (f->fragment && (out->size() - f->l4) % 8 != 0) out->push_back(0x77);
  }
  (*out)[f->l3 + 9] = later ? 17 : f->protocol;
  f->end = out->size();
  Store16(out, f->l3 + 2, static_cast<uint32_t>(f->end - f->l3));
}

void PutIpv6(Random* random, RandomFrame* f) {
  Bytes* out = &f->bytes;
  f->ipv6 = true;
  PutRandom(random, out, 40);
  (*out)[f->l3] = static_cast<uint8_t>(0x60 | ((*out)[f->l3] & 0xf));
  size_t next = f->l3 + 6;
  for (uint32_t n = random->Below(3); n > 0; --n) {
    static constexpr uint8_t kKinds[] = {0, 43, 60};
    const uint8_t kind = random->Pick(kKinds);
    if (kind == 43 && !f->final_destination.empty()) continue;
    (*out)[next] = kind;
    next = out->size();
    const size_t units = random->Below(3);
    out->push_back(0);
    out->push_back(static_cast<uint8_t>(units));
    PutRandom(random, out, 6 + units * 8);
    if (kind == 43) {
      (*out)[next + 3] = static_cast<uint8_t>(random->Below(2));
      if ((*out)[next + 3] != 0) PutRandom(random, &f->final_destination, 16);
    }
  }
  const bool later = random->OneIn(8);
  f->fragment = later || random->OneIn(6);
  if (f->fragment) {
    (*out)[next] = 44;
    next = out->size();
    out->push_back(0);
    out->push_back(0);
    Put16(out, later ? 33 << 3 : 1);
    PutRandom(random, out, 4);
  }
  if (later) {
    PutRandom(random, out, 40);
    (*out)[next] = 6;
  } else {
    PutL4(random, f);
    if (f->fragment) PutRandom(random, &f->rest, 50);
    while (f->fragment && (out->size() - f->l4) % 8 != 0) out->push_back(0x77);
    (*out)[next] = f->protocol;
  }
  f->end = out->size();
  Store16(out, f->l3 + 4, static_cast<uint32_t>(f->end - f->l3 - 40));
}

}  // namespace

RandomFrame RandomFrame::Make(Random* random) {
  RandomFrame f;
  Bytes* out = &f.bytes;
  PutRandom(random, out, 12);
  for (uint32_t tags = random->Below(3); tags > 0; --tags) {
    Put16(out, random->OneIn(2) ? 0x8100 : 0x88a8);
    PutRandom(random, out, 2);
  }
  const bool snap = random->OneIn(8);
  f.snap_length = snap ? out->size() : 0;
  if (snap) {
    Put16(out, 0x0100);
    for (const uint8_t byte : {0xaa, 0xaa, 0x03, 0, 0, 0}) out->push_back(byte);
  }
  f.type = out->size();
  f.l3 = f.type + 2;
  const uint32_t kind = random->Below(10);
  static constexpr uint32_t kTypes[] = {0x0800, 0x0800, 0x0800, 0x0800, 0x86dd,
                                        0x86dd, 0x86dd, 0x0806, 0x8847, 0x1234};
  Put16(out, kTypes[kind]);
  if (kind < 4) {
    PutIpv4(random, &f);
  } else if (kind < 7) {
    PutIpv6(random, &f);
  } else if (kind == 7) {
    f.arp = true;
    for (const uint8_t byte : {0, 1, 8, 0, 6, 4, 0}) out->push_back(byte);
    PutRandom(random, out, 21);
  } else {
    f.mpls = kind == 8;
    PutRandom(random, out, 50);
    if (f.mpls) (*out)[f.l3 + 2] |= 1;  // bottom of stack
  }
  if (f.end == 0) f.end = out->size();
  f.partial = (f.protocol == 6 || f.protocol == 17) && !f.fragment && random->OneIn(4);
  if (f.partial) f.no_udp_checksum = false;
  PutRandom(random, out, random->OneIn(2) ? random->Below(20) : 0);  // padding
  f.FixChecksums();
  return f;
}

void RandomFrame::FixChecksums() {
  if (ipv4) {
    const size_t header_bytes = (bytes[l3] & 0xfu) * 4;
    Store16(&bytes, l3 + 10, 0);
    Bytes header;
    Append(&header, bytes, l3, l3 + header_bytes);
    Store16(&bytes, l3 + 10, 0xffff ^ Sum(header));
  }
  if (protocol == 0) return;
  const size_t field = l4 + (protocol == 6 ? 16 : protocol == 17 ? 6 : protocol == 132 ? 8 : 2);
  Store16(&bytes, field, 0);
  if (protocol == 132) Store16(&bytes, field + 2, 0);
  Bytes segment;
  Append(&segment, bytes, l4, end);
  segment.insert(segment.end(), rest.begin(), rest.end());
  if (protocol == 132) {
    if (!rest.empty()) return;  // nobody can make it right from this part alone
    const uint32_t crc = Crc32c(segment);
    for (size_t i = 0; i < 4; ++i) bytes[field + i] = static_cast<uint8_t>(crc >> 8 * i);
    return;
  }
  if (protocol == 17 && no_udp_checksum) return;
  Bytes summed;
  if (ipv4 && protocol != 1) Append(&summed, bytes, l3 + 12, l3 + 20);
  if (ipv6) {
    Append(&summed, bytes, l3 + 8, l3 + 40);
    std::copy(final_destination.begin(), final_destination.end(), summed.begin() + 16);
  }
  if (!summed.empty()) {
    Put16(&summed, 0);
    Put16(&summed, static_cast<uint32_t>(segment.size()));
    Put16(&summed, 0);
    Put16(&summed, protocol);
  }
  if (ipv6 && protocol == 1) summed.clear();
  if (!partial) summed.insert(summed.end(), segment.begin(), segment.end());
  uint32_t checksum = partial ? Sum(summed) : 0xffff ^ Sum(summed);
  if (protocol == 17 && !partial && checksum == 0) checksum = 0xffff;
  Store16(&bytes, field, checksum);
}

}  // namespace vsw::testing
