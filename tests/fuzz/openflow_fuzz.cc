// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an OpenFlow message of any version: it is decoded or refused with an error that can
// be sent, and never read beyond its end. The first byte chooses the dialect, the rest is the
// message; its header's version and length are made to fit, or most inputs would go no further.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "ofproto/message/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vsw;
  if (size < 1 + kOfHeaderBytes || size > 0xffff) return 0;
  Dialect dialect;
  dialect.version = static_cast<OfVersion>(1 + data[0] % 6);
  dialect.flow_mod_table_id = (data[0] & 0x80) != 0;
  std::vector<uint8_t> message(data + 1, data + size);
  message[0] = static_cast<uint8_t>(dialect.version);
  message[2] = static_cast<uint8_t>(message.size() >> 8);
  message[3] = static_cast<uint8_t>(message.size());
  const OfResult<Request> request = DecodeRequest(dialect, message);
  if (!request.ok()) {
    const Bytes error = EncodeError(dialect.version, request.status(), 1, message);
    if (error.size() < 12) abort();
  }
  return 0;
}
