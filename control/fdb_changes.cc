// SPDX-License-Identifier: Apache-2.0
#include "base/mac_address.h"
#include "control/change.h"
#include "control/field_error.h"

namespace vsw::control {
namespace {

std::string Describe(const db::FdbKey& key) {
  return fmt::format("address {} in VLAN {} of bridge {}", MacAddress::FromU64(key.mac).ToString(),
                     key.vlan, Quote(key.bridge));
}

absl::Status CheckPlace(const db::FdbRecord& entry, const Config& config) {
  if (config.FindBridge(entry.key.bridge) == nullptr) {
    return AtField("entry.bridge",
                   NotFound("there is no bridge {}; create it first", Quote(entry.key.bridge)));
  }
  const db::PortRecord* port = config.FindPort(entry.port);
  if (port == nullptr) {
    return AtField("entry.port", NotFound("there is no port {}", Quote(entry.port)));
  }
  if (port->bridge != entry.key.bridge) {
    return AtField("entry.port",
                   FailedPrecondition("port {} is on bridge {}, not on {}", Quote(entry.port),
                                      Quote(port->bridge), Quote(entry.key.bridge)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Apply(const AddFdbEntry& change, const HostView& /*host*/, Config* config) {
  const db::FdbRecord& entry = change.entry;
  VSW_RETURN_IF_ERROR(CheckFdbKey(entry.key));
  VSW_RETURN_IF_ERROR(CheckPlace(entry, *config));
  const std::string* port = config->FindFdb(entry.key);
  if (port != nullptr && !change.may_exist) {
    return AtField("entry.mac", AlreadyExists("static {} leads to port {} already; delete it first",
                                              Describe(entry.key), Quote(*port)));
  }
  config->PutFdb(entry);
  return absl::OkStatus();
}

absl::Status Apply(const DeleteFdbEntry& change, const HostView& /*host*/, Config* config) {
  if (config->FindFdb(change.key) == nullptr) {
    if (change.if_exists) return absl::OkStatus();
    return AtField("mac", NotFound("there is no static {}; learned ones go with FlushFdb",
                                   Describe(change.key)));
  }
  config->RemoveFdb(change.key);
  return absl::OkStatus();
}

}  // namespace vsw::control
