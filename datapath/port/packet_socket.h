// SPDX-License-Identifier: Apache-2.0
//
// An AF_PACKET socket that moves bursts of mbufs: with virtio-net headers (PACKET_VNET_HDR), VLAN
// tags put back from the auxiliary data, frames of up to 64 KiB in chains, never its own frames.
//
// Thread safety: Receive() from one thread at a time; Send() from any number at once; Bind()
// and ReadDrops() from one control thread at a time, along with the others.
#ifndef VSW_DATAPATH_PORT_PACKET_SOCKET_H_
#define VSW_DATAPATH_PORT_PACKET_SOCKET_H_

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "datapath/packet/offload.h"
#include "datapath/port/port.h"
#include "datapath/port/receive_chain.h"

namespace vsw {

class PacketSocket {
 public:
  /// Opens, not bound to a device yet: receives nothing. Errors: PermissionDenied.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PacketSocket>> Open(rte_mempool* pool);

  /// Leaves out what the classic BPF program does not accept; call it before Bind().
  [[nodiscard]] absl::Status SetFilter(std::span<const sock_filter> program);

  /// Receives from and sends by the device, which becomes promiscuous if asked for.
  [[nodiscard]] absl::Status Bind(int index, const std::string& device, bool promiscuous = true);

  /// Reads a frame's virtio-net header into its transmit flags; false: it does not fit the frame.
  using ApplyHeader = bool (*)(rte_mbuf* frame, const VirtioHeader& header);
  /// For frames whose offloads are not those of plain TCP and UDP. Before Bind().
  void SetApplyHeader(ApplyHeader apply) { apply_header_ = apply; }

  int fd() const { return fd_.get(); }

  /// Up to burst.size() (at most kBurst) frames.
  uint16_t Receive(std::span<rte_mbuf*> burst, PortCounters& counters);

  /// Gives back the buffers that stand ready for big frames. The receiving thread, when idle.
  void Shrink();

  /// Sends frames that need nothing but what a virtio-net header can say; frees all, counts all.
  void Send(std::span<rte_mbuf*> frames, PortCounters& counters);

  /// Frames that the kernel dropped since the last call, since the socket's buffer was full.
  uint32_t ReadDrops();

 private:
  // Room for PACKET_AUXDATA.
  static constexpr size_t kControlBytes = CMSG_SPACE(sizeof(tpacket_auxdata));
  struct alignas(cmsghdr) Control {
    std::array<char, kControlBytes> bytes;
  };

  PacketSocket(UniqueFd fd, rte_mempool* pool);

  absl::Status SetOptions();
  uint16_t ArmAll(uint16_t most);
  rte_mbuf* Take(uint16_t slot, DropReason* reason);
  int SendSome(std::span<rte_mbuf*> frames, int* error);

  const UniqueFd fd_;
  ApplyHeader apply_header_;
  std::vector<std::unique_ptr<ReceiveChain>> chains_;  // one for each frame of a burst
  std::array<mmsghdr, kBurst> messages_{};
  std::array<Control, kBurst> controls_{};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_PACKET_SOCKET_H_
