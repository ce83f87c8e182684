// SPDX-License-Identifier: Apache-2.0
#include "control/config.h"

#include "control/port_kinds.h"
#include "control/validate.h"

namespace vsw::control {
namespace {

template <typename Map>
auto* Get(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <typename Record>
void Compare(const Config::ByName<Record>& from, const Config::ByName<Record>& to,
             std::vector<std::string>* deleted, std::vector<Record>* put) {
  for (const auto& [name, record] : from) {
    if (!to.contains(name)) deleted->push_back(name);
  }
  for (const auto& [name, record] : to) {
    const std::shared_ptr<const Record>* old = Get(from, name);
    if (old == nullptr || (*old != record && **old != *record)) put->push_back(*record);
  }
}

}  // namespace

Config::Config(db::Contents contents) : revision(contents.revision) {
  for (db::BridgeRecord& bridge : contents.bridges) PutBridge(std::move(bridge));
  for (db::PortRecord& port : contents.ports) PutPort(std::move(port));
  for (const db::FdbRecord& entry : contents.static_fdb) PutFdb(entry);
}

const db::BridgeRecord* Config::FindBridge(const std::string& name) const {
  const auto* found = Get(bridges_, name);
  return found == nullptr ? nullptr : found->get();
}

const db::PortRecord* Config::FindPort(const std::string& name) const {
  const auto* found = Get(ports_, name);
  return found == nullptr ? nullptr : found->get();
}

const std::string* Config::FindFdb(const db::FdbKey& key) const { return Get(static_fdb_, key); }

const std::string* Config::OfPortOwner(const std::string& bridge, uint32_t ofport) const {
  return Get(ofports_, {bridge, ofport});
}

const std::string* Config::ClaimOwner(const std::string& claim) const {
  return Get(claims_, claim);
}

uint32_t Config::TakeOfPort(const std::string& bridge) {
  uint32_t& last = last_taken_[bridge];
  for (uint32_t tried = 0; tried < kMaxOfPort; ++tried) {
    last = last % kMaxOfPort + 1;
    if (OfPortOwner(bridge, last) == nullptr) return last;
  }
  return 0;
}

void Config::PutBridge(db::BridgeRecord bridge) {
  std::string name = bridge.name;
  bridges_[std::move(name)] = std::make_shared<const db::BridgeRecord>(std::move(bridge));
}

void Config::RemoveBridge(const std::string& name) {
  std::vector<std::string> ports;
  for (const auto& [port_name, port] : ports_) {
    if (port->bridge == name) ports.push_back(port_name);
  }
  for (const std::string& port : ports) RemovePort(port);
  bridges_.erase(name);
  last_taken_.erase(name);
}

void Config::PutPort(db::PortRecord port) {
  std::shared_ptr<const db::PortRecord>& slot = ports_[port.name];
  if (slot != nullptr) Unindex(*slot);
  if (port.ofport != 0) ofports_[{port.bridge, port.ofport}] = port.name;
  for (const std::string& claim : ClaimsOf(port)) claims_[claim] = port.name;
  slot = std::make_shared<const db::PortRecord>(std::move(port));
}

void Config::RemovePort(const std::string& name) {
  const auto found = ports_.find(name);
  if (found == ports_.end()) return;
  const std::shared_ptr<const db::PortRecord> port = found->second;
  Unindex(*port);
  std::erase_if(static_fdb_, [&](const auto& entry) { return entry.second == port->name; });
  ports_.erase(found);
}

void Config::Unindex(const db::PortRecord& port) {
  if (port.ofport != 0) ofports_.erase({port.bridge, port.ofport});
  for (const std::string& claim : ClaimsOf(port)) claims_.erase(claim);
}

db::Delta Difference(const Config& from, const Config& to) {
  db::Delta delta;
  Compare(from.bridges(), to.bridges(), &delta.deleted_bridges, &delta.put_bridges);
  Compare(from.ports(), to.ports(), &delta.deleted_ports, &delta.put_ports);
  for (const auto& [key, port] : from.static_fdb()) {
    if (to.FindFdb(key) == nullptr) delta.deleted_fdb.push_back(key);
  }
  for (const auto& [key, port] : to.static_fdb()) {
    const std::string* old = from.FindFdb(key);
    if (old == nullptr || *old != port) delta.put_fdb.push_back({.key = key, .port = port});
  }
  return delta;
}

}  // namespace vsw::control
