// SPDX-License-Identifier: Apache-2.0
#include "vhost/library_callbacks.h"

#include <rte_vhost.h>

#include <atomic>
#include <climits>
#include <map>
#include <mutex>

#include "vhost/vhost_device.h"

namespace vsw::vhost {
namespace {

std::mutex paths_mutex;
std::map<std::string, VhostDevice*>& Paths() {
  static auto* const paths = new std::map<std::string, VhostDevice*>;
  return *paths;
}

// By the library's handle; set while a connection lives.
std::atomic<VhostDevice*> devices[RTE_MAX_VHOST_DEVICE];

VhostDevice* FindByPath(int vid) {
  char path[PATH_MAX] = {};
  if (rte_vhost_get_ifname(vid, path, sizeof(path)) != 0) return nullptr;
  const std::lock_guard lock(paths_mutex);
  const auto it = Paths().find(path);
  return it == Paths().end() ? nullptr : it->second;
}

VhostDevice* Find(int vid) {
  if (vid < 0 || vid >= RTE_MAX_VHOST_DEVICE) return nullptr;
  return devices[vid].load(std::memory_order_acquire);
}

}  // namespace

bool LibraryCallbacks::Bind(const std::string& path, VhostDevice* device) {
  const std::lock_guard lock(paths_mutex);
  return Paths().emplace(path, device).second;
}

void LibraryCallbacks::Unbind(const std::string& path) {
  const std::lock_guard lock(paths_mutex);
  const auto it = Paths().find(path);
  if (it == Paths().end()) return;
  for (auto& device : devices) {
    VhostDevice* expected = it->second;
    device.compare_exchange_strong(expected, nullptr);
  }
  Paths().erase(it);
}

int LibraryCallbacks::OnConnection(int vid) {
  VhostDevice* const device = FindByPath(vid);
  if (device == nullptr || !device->OnConnection(vid)) return -1;
  devices[vid].store(device, std::memory_order_release);
  static constexpr rte_vhost_user_extern_ops kExternOps = {
      [](int id, void* message) {
        return static_cast<rte_vhost_msg_result>(BeforeMessage(id, message));
      },
      [](int id, void* message) {
        return static_cast<rte_vhost_msg_result>(AfterMessage(id, message));
      }};
  return rte_vhost_extern_callback_register(vid, &kExternOps, nullptr);
}

void LibraryCallbacks::OnDisconnection(int vid) {
  VhostDevice* const device = Find(vid);
  if (device == nullptr) return;
  devices[vid].store(nullptr, std::memory_order_release);
  device->OnDisconnection(vid);
}

int LibraryCallbacks::OnReady(int vid) {
  VhostDevice* const device = Find(vid);
  if (device == nullptr) return -1;
  device->OnReady(vid);
  return 0;
}

void LibraryCallbacks::OnStopped(int vid) {
  if (VhostDevice* const device = Find(vid)) device->OnStopped(vid);
}

int LibraryCallbacks::OnVring(int vid, unsigned short vring, int enabled) {
  if (VhostDevice* const device = Find(vid)) device->OnVring(vid, vring, enabled != 0);
  return 0;
}

int LibraryCallbacks::BeforeMessage(int vid, void* message) {
  VhostDevice* const device = Find(vid);
  if (device == nullptr) return RTE_VHOST_MSG_RESULT_ERR;
  return device->BeforeMessage(vid, static_cast<Message*>(message));
}

int LibraryCallbacks::AfterMessage(int vid, void* message) {
  if (VhostDevice* const device = Find(vid)) {
    device->AfterMessage(vid, *static_cast<const Message*>(message));
  }
  return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

const rte_vhost_device_ops* LibraryCallbacks::ops() {
  static constexpr rte_vhost_device_ops kOps = {
      .new_device = OnReady,
      .destroy_device = OnStopped,
      .vring_state_changed = OnVring,
      .features_changed = nullptr,
      .new_connection = OnConnection,
      .destroy_connection = OnDisconnection,
      .guest_notified = nullptr,
      .reserved = {},
  };
  return &kOps;
}

}  // namespace vsw::vhost
