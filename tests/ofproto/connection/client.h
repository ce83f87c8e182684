// SPDX-License-Identifier: Apache-2.0
//
// A controller for tests: blocking, with a time limit on everything, and able to send any bytes.
#ifndef VSW_TESTS_OFPROTO_CONNECTION_CLIENT_H_
#define VSW_TESTS_OFPROTO_CONNECTION_CLIENT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "ofproto/message/codec.h"
#include "ofproto/message/wire.h"

namespace vsw::testing {

/// Types as 1.3 numbers them.
namespace type {
inline constexpr uint8_t kHello = 0, kError = 1, kEchoRequest = 2, kEchoReply = 3,
                         kExperimenter = 4, kFeaturesRequest = 5, kFeaturesReply = 6,
                         kGetConfig = 7, kConfigReply = 8, kSetConfig = 9, kPacketIn = 10,
                         kFlowRemoved = 11, kPortStatus = 12, kPacketOut = 13, kFlowMod = 14,
                         kGroupMod = 15, kPortMod = 16, kTableMod = 17, kMultipartRequest = 18,
                         kMultipartReply = 19, kBarrierRequest = 20, kBarrierReply = 21,
                         kQueueConfig = 22, kRoleRequest = 24, kRoleReply = 25, kGetAsync = 26,
                         kAsyncReply = 27, kSetAsync = 28, kMeterMod = 29, kRoleStatus = 30,
                         kTableStatus = 31, kRequestForward = 32, kBundleControl = 33,
                         kBundleAdd = 34;
}

/// One message as it came.
struct Message {
  OfHeader header;
  Bytes bytes;
  std::span<const uint8_t> body() const { return std::span(bytes).subspan(kOfHeaderBytes); }
  /// Of an error message.
  uint16_t error_type() const { return Reader(body()).U16(); }
  uint16_t error_code() const { return Reader(body().subspan(2)).U16(); }
};

/// A message with this header before `body`.
Bytes MakeMessage(OfVersion version, uint8_t type, uint32_t xid, std::span<const uint8_t> body = {});
Bytes MakeMessage(OfVersion version, uint8_t type, uint32_t xid, const Writer& body);
/// A flow-mod of 1.1 to 1.5 that adds a rule matching `metadata`, without actions.
Bytes MakeFlowMod(OfVersion version, uint32_t xid, uint64_t metadata,
                  FlowMod::Command command = FlowMod::Command::kAdd, uint16_t flags = 0);
/// Deletes every rule.
Bytes MakeDeleteAll(OfVersion version, uint32_t xid);
Bytes MakeMultipart(OfVersion version, uint32_t xid, uint16_t type, const Writer& body = Writer(),
                    bool more = false);
Bytes MakeRole(OfVersion version, uint32_t xid, msg::Role role, uint64_t generation);

class Client {
 public:
  /// Connects to a unix socket; tries for a while if nobody listens yet.
  static Client Unix(const std::string& path);
  static Client Tcp(const std::string& address_and_port);
  explicit Client(UniqueFd socket) : socket_(std::move(socket)) {}

  void Send(std::span<const uint8_t> bytes);
  /// Says hello in `version` and reads the switch's.
  void Hello(OfVersion version);
  /// The next message; none if the connection ended. Throws when nothing comes in time.
  std::optional<Message> Receive(int timeout_ms = 5000);
  /// The next message that is of `type`, leaving out the others. Throws if there is none.
  Message Expect(uint8_t type);
  /// True if no message comes within the time.
  bool Silent(int ms);
  /// Sends a barrier and returns all that came before its reply.
  std::vector<Message> Barrier(OfVersion version = OfVersion::k13);
  /// The connection ends (what still comes is thrown away).
  bool Ends(int timeout_ms = 5000);
  int fd() const { return socket_.get(); }
  void Disconnect() { socket_.Reset(); }

 private:
  bool Fill(int timeout_ms);

  UniqueFd socket_;
  Bytes buffer_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_CONNECTION_CLIENT_H_
