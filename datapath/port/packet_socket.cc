// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/packet_socket.h"

#include <linux/if_ether.h>
#include <net/if.h>
#include <rte_mbuf.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/byte_order.h"
#include "base/status.h"
#include "datapath/packet/offload.h"

namespace vsw {
namespace {

// 16 MiB hold some 200 unsegmented frames of 64 KiB, a millisecond or two of a fast stream.
constexpr int kSocketBufferBytes = 16 << 20;
// The size that the kernel expects with PACKET_VNET_HDR.
static_assert(sizeof(VirtioHeader) == 10);
// Over all frames of one sendmmsg(); a burst that has more goes in several calls.
constexpr size_t kSendIovecs = 512;
constexpr size_t kMaxSegmentsOfFrame = 128;
constexpr uint32_t kVlanTagBytes = 4;
constexpr uint32_t kAddressBytes = 12;

absl::Status Set(int fd, int level, int option, int value, const char* what) {
  if (setsockopt(fd, level, option, &value, sizeof(value)) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, fmt::format("packet socket: set {}", what));
}

const tpacket_auxdata* AuxiliaryData(msghdr& message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
      return reinterpret_cast<const tpacket_auxdata*>(CMSG_DATA(c));
    }
  }
  return nullptr;
}

bool ApplyPlainHeader(rte_mbuf* frame, const VirtioHeader& h) {
  return ApplyVirtioHeader(frame, h.flags, h.gso_type, h.hdr_len, h.gso_size, h.csum_start,
                           h.csum_offset);
}

// Puts the tag that the kernel took off back behind the addresses. False: there is no room.
bool PutTagBack(rte_mbuf* frame, const tpacket_auxdata& data) {
  if (frame->data_len < kAddressBytes) return false;
  char* start = rte_pktmbuf_prepend(frame, kVlanTagBytes);
  if (start == nullptr) return false;
  std::memmove(start, start + kVlanTagBytes, kAddressBytes);
  const bool has_type = (data.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
  const Be16 tag[2] = {Be16::From(has_type ? data.tp_vlan_tpid : uint16_t{ETH_P_8021Q}),
                       Be16::From(data.tp_vlan_tci)};
  std::memcpy(start + kAddressBytes, tag, sizeof(tag));
  if ((frame->ol_flags & RTE_MBUF_F_TX_L4_MASK) != 0) frame->l2_len += kVlanTagBytes;
  return true;
}

DropReason ReasonOfSendError(int error) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return DropReason::kTxQueueFull;
    case ENETDOWN:
    case ENXIO:
    case ENODEV:
    case ENETUNREACH:
      return DropReason::kTxPortDown;
    case EMSGSIZE:
      return DropReason::kTxTooBig;
    default:
      return DropReason::kTxError;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<PacketSocket>> PacketSocket::Open(rte_mempool* pool) {
  // Protocol 0: nothing arrives before the socket is bound to its device.
  UniqueFd fd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return ErrnoStatus(errno, "open a packet socket (vswitchd needs CAP_NET_RAW)");
  }
  std::unique_ptr<PacketSocket> made(new PacketSocket(std::move(fd), pool));
  VSW_RETURN_IF_ERROR(made->SetOptions());
  return made;
}

PacketSocket::PacketSocket(UniqueFd fd, rte_mempool* pool)
    : fd_(std::move(fd)), apply_header_(&ApplyPlainHeader) {
  for (uint16_t i = 0; i < kBurst; ++i) chains_.push_back(std::make_unique<ReceiveChain>(pool));
}

absl::Status PacketSocket::SetOptions() {
  const int fd = fd_.get();
  VSW_RETURN_IF_ERROR(Set(fd, SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR"));
  VSW_RETURN_IF_ERROR(Set(fd, SOL_PACKET, PACKET_AUXDATA, 1, "PACKET_AUXDATA"));
  VSW_RETURN_IF_ERROR(
      Set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING (Linux 4.20)"));
  // Beyond the system's limit where permitted, up to it where not.
  for (const auto& [forced, limited] :
       {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
    if (!Set(fd, SOL_SOCKET, forced, kSocketBufferBytes, "buffer").ok()) {
      VSW_RETURN_IF_ERROR(Set(fd, SOL_SOCKET, limited, kSocketBufferBytes, "buffer size"));
    }
  }
  return absl::OkStatus();
}

absl::Status PacketSocket::SetFilter(std::span<const sock_filter> program) {
  const sock_fprog filter = {.len = static_cast<unsigned short>(program.size()),
                             .filter = const_cast<sock_filter*>(program.data())};
  if (setsockopt(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, "packet socket: attach a filter");
}

absl::Status PacketSocket::Bind(int index, const std::string& device, bool promiscuous) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = Be16::From(ETH_P_ALL).raw;
  address.sll_ifindex = index;
  if (bind(fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return ErrnoStatus(errno, "bind a packet socket to " + device);
  }
  if (!promiscuous) return absl::OkStatus();
  packet_mreq request{};
  request.mr_ifindex = index;
  request.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(fd(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) != 0) {
    return ErrnoStatus(errno, "make " + device + " promiscuous");
  }
  return absl::OkStatus();
}

uint16_t PacketSocket::ArmAll(uint16_t most) {
  uint16_t armed = 0;
  for (; armed < most && chains_[armed]->Arm(); ++armed) {
    const std::span<iovec> iov = chains_[armed]->iov();
    msghdr& message = messages_[armed].msg_hdr;
    message.msg_iov = iov.data();
    message.msg_iovlen = iov.size();
    message.msg_control = controls_[armed].bytes.data();
    message.msg_controllen = kControlBytes;
    message.msg_flags = 0;
  }
  return armed;
}

rte_mbuf* PacketSocket::Take(uint16_t slot, DropReason* reason) {
  const uint32_t bytes = messages_[slot].msg_len;
  msghdr& message = messages_[slot].msg_hdr;
  *reason = DropReason::kRxMalformed;
  if (bytes <= sizeof(VirtioHeader)) return nullptr;
  rte_mbuf* frame =
      chains_[slot]->Take(static_cast<uint32_t>(bytes - sizeof(VirtioHeader)), reason);
  if (frame == nullptr) return nullptr;
  const auto refuse = [&](DropReason why) {
    *reason = why;
    rte_pktmbuf_free(frame);
    return nullptr;
  };
  if ((message.msg_flags & MSG_TRUNC) != 0) return refuse(DropReason::kRxOversized);
  if (!apply_header_(frame, chains_[slot]->header())) {
    return refuse(DropReason::kRxBadOffload);
  }
  // Only now: the virtio-net header counts without the tag that was taken off.
  const tpacket_auxdata* data = AuxiliaryData(message);
  if (data != nullptr && (data->tp_status & TP_STATUS_VLAN_VALID) != 0 &&
      !PutTagBack(frame, *data)) {
    return refuse(DropReason::kRxMalformed);
  }
  return frame;
}

uint16_t PacketSocket::Receive(std::span<rte_mbuf*> burst, PortCounters& counters) {
  const uint16_t armed = ArmAll(static_cast<uint16_t>(std::min<size_t>(burst.size(), kBurst)));
  if (armed == 0) return 0;  // frames wait in the kernel, which counts what it then must drop
  const int count = recvmmsg(fd(), messages_.data(), armed, MSG_DONTWAIT, nullptr);
  if (count <= 0) {
    // A frame whose segmentation kind a virtio-net header cannot say; the kernel drops it.
    if (count < 0 && errno == EINVAL) counters.Drop(DropReason::kRxBadOffload);
    return 0;
  }
  uint16_t received = 0;
  for (uint16_t i = 0; i < count; ++i) {
    DropReason reason;
    rte_mbuf* frame = Take(i, &reason);
    if (frame != nullptr) {
      burst[received++] = frame;
    } else {
      counters.Drop(reason);
    }
  }
  return received;
}

// Hands over as many frames as the iovecs hold; returns how many the kernel took. 0: it refused the
// first one, for `error`.
int PacketSocket::SendSome(std::span<rte_mbuf*> frames, int* error) {
  std::array<mmsghdr, kBurst> messages;
  std::array<VirtioHeader, kBurst> headers;
  std::array<iovec, kSendIovecs> iov;
  size_t used = 0;
  unsigned count = 0;
  for (; count < std::min<size_t>(frames.size(), kBurst); ++count) {
    rte_mbuf* frame = frames[count];
    if (frame->nb_segs > kMaxSegmentsOfFrame || used + frame->nb_segs + 1u > iov.size()) break;
    headers[count] = MakeVirtioHeader(frame);
    messages[count] = {};
    messages[count].msg_hdr.msg_iov = &iov[used];
    iov[used++] = {&headers[count], sizeof(headers[count])};
    for (rte_mbuf* segment = frame; segment != nullptr; segment = segment->next) {
      iov[used++] = {rte_pktmbuf_mtod(segment, void*), segment->data_len};
    }
    messages[count].msg_hdr.msg_iovlen = frame->nb_segs + 1u;
  }
  *error = EINVAL;  // count 0: the first frame has too many segments
  if (count == 0) return 0;
  const int sent = sendmmsg(fd(), messages.data(), count, MSG_DONTWAIT);
  if (sent > 0) return sent;
  *error = errno;
  return 0;
}

void PacketSocket::Send(std::span<rte_mbuf*> frames, PortCounters& counters) {
  size_t done = 0;
  while (done < frames.size()) {
    int error = 0;
    const int sent = SendSome(frames.subspan(done), &error);
    for (int i = 0; i < sent; ++i) {
      counters.tx_packets.Add(1);
      counters.tx_bytes.Add(frames[done + i]->pkt_len);
    }
    done += static_cast<size_t>(sent);
    if (sent > 0) continue;
    // A full socket buffer takes none of the others either; any other refusal is of one frame.
    const size_t lost = error == EAGAIN ? frames.size() - done : 1;
    counters.Drop(ReasonOfSendError(error), lost);
    done += lost;
  }
  rte_pktmbuf_free_bulk(frames.data(), static_cast<unsigned>(frames.size()));
}

void PacketSocket::Shrink() {
  for (const auto& chain : chains_) chain->Shrink();
}

uint32_t PacketSocket::ReadDrops() {
  tpacket_stats stats{};
  socklen_t length = sizeof(stats);
  if (getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &stats, &length) != 0) return 0;
  return stats.tp_drops;
}

}  // namespace vsw
