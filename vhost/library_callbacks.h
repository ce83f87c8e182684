// SPDX-License-Identifier: Apache-2.0
//
// Binds librte_vhost's process-wide C callbacks to the device that each is about. The library calls
// on its own threads, and on the control thread inside rte_vhost_driver_unregister(), with locks of
// its own held; so nothing here or behind it calls rte_vhost_driver_*, blocks, or takes a lock
// around any call of the library. The one mutex guards the table of paths for the length of a look
// into it.
//
// Thread safety: any thread.
#ifndef VSW_VHOST_LIBRARY_CALLBACKS_H_
#define VSW_VHOST_LIBRARY_CALLBACKS_H_

#include <string>

struct rte_vhost_device_ops;

namespace vsw::vhost {

class VhostDevice;

class LibraryCallbacks {
 public:
  /// False: there is a device on this path already.
  [[nodiscard]] static bool Bind(const std::string& path, VhostDevice* device);
  /// After the library has forgotten the path: no callback for it runs any more.
  static void Unbind(const std::string& path);

  static const rte_vhost_device_ops* ops();

 private:
  static int OnConnection(int vid);
  static void OnDisconnection(int vid);
  static int OnReady(int vid);
  static void OnStopped(int vid);
  static int OnVring(int vid, unsigned short vring, int enabled);
  static int BeforeMessage(int vid, void* message);
  static int AfterMessage(int vid, void* message);
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_LIBRARY_CALLBACKS_H_
