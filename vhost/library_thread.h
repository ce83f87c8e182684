// SPDX-License-Identifier: Apache-2.0
//
// The vhost library's one thread, which accepts connections and reads messages. It sleeps in poll()
// for up to a second, and sees a socket that began to listen meanwhile only when that ends. For a
// guest that waits to reconnect after a restart of the switch this second is most of its gap.
#ifndef VSW_VHOST_LIBRARY_THREAD_H_
#define VSW_VHOST_LIBRARY_THREAD_H_

namespace vsw::vhost {

/// Makes the library's thread look at its sockets now. By a signal, since the library has no call
/// for it. One that comes in the instant before the poll() is lost, and the poll() ends by itself.
void WakeLibraryThread();

}  // namespace vsw::vhost

#endif  // VSW_VHOST_LIBRARY_THREAD_H_
