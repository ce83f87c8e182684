// SPDX-License-Identifier: Apache-2.0
//
// Interrupts a guest through the eventfd that its front-end gave us, without ever waiting. A plain
// write(2) would wait once the counter is full, unless the descriptor is non-blocking; and whether
// it is belongs to the open file, which the front-end shares and can change at any moment. So the
// kernel is asked to count the event itself, as the completion of an empty read (io_submit(2) with
// IOCB_FLAG_RESFD): what does not fit into the counter is left out there, and nobody waits.
//
// Thread safety: any thread. Each has a context of the kernel's of its own, which is made at its
// first signal; where the kernel gives none, it is a write(2) after all.
#ifndef VSW_VHOST_EVENT_SIGNAL_H_
#define VSW_VHOST_EVENT_SIGNAL_H_

namespace vsw::vhost {

/// Adds 1 to the counter of `eventfd`; a counter that is full stays as it is.
void SignalEvent(int eventfd) noexcept;

}  // namespace vsw::vhost

#endif  // VSW_VHOST_EVENT_SIGNAL_H_
