// SPDX-License-Identifier: Apache-2.0
#include "cli/keys.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/status.h"
#include "cli/value.h"
#include "fmt/ranges.h"
#include "vsw/v1/config.pb.h"
#include "vsw/v1/types.pb.h"

namespace vsw::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr Key kBridgeKeys[] = {
    {"dpid", "dpid", "NUMBER", "OpenFlow datapath id, decimal or 0x...; empty = from the name"},
    {"fdb-ageing", "fdb.ageing_seconds", "SECONDS", "forget silent addresses after this; 300"},
    {"fdb-size", "fdb.max_entries", "NUMBER", "most learned addresses; 8192"},
    {"fail-mode", "fail_mode", "standalone|secure",
     "without a controller that answers; standalone"},
    {"controllers", "controllers", "LIST", "OpenFlow controllers such as tcp:192.0.2.1:6653"},
    {"listeners", "listeners", "LIST", "where controllers may connect, such as ptcp:6653"},
    {"tlv.", "tlv_map", "OPTION", "a Geneve option for a field KEY such as tun_metadata0"},
    {"label.", "labels", "TEXT", "a label KEY of your own, never interpreted"},
};

constexpr Key kPortKeys[] = {
    {"type", "type", "internal|tap|system|dpdk|vhost-user|patch|vxlan|geneve|gre",
     "kind of port; system", true},
    {"ofport", "ofport", "1..65279", "OpenFlow port number; empty = a free one"},
    {"vlan-mode", "vlan.mode", "access|trunk|native-tagged|native-untagged|dot1q-tunnel",
     "empty = access with a tag, else trunk"},
    {"tag", "vlan.tag", "1..4094", "access, native or customer-tunnel VLAN"},
    {"trunks", "vlan.trunks", "LIST", "allowed VLANs of a trunk such as 1,2,5-9; empty = all"},
    {"priority-tags", "vlan.priority_tags", "no|if-nonzero|always", "802.1p tags towards the port"},
    {"cvlans", "vlan.cvlans", "LIST", "dot1q-tunnel: allowed customer VLANs; empty = all"},
    {"qinq-ethertype", "vlan.qinq_ethertype", "0x88a8|0x8100", "dot1q-tunnel: outer tag type"},
    {"label.", "labels", "TEXT", "a label KEY of your own, never interpreted"},
    {"options.", "options", "TEXT", "an option of the type; the bare name does as well"},
};

constexpr Key kFdbEntryKeys[] = {
    {"vlan", "vlan", "0..4094", "VLAN of the address; 0 = untagged, the default"},
};

constexpr Key kFdbFlushKeys[] = {
    {"port", "port", "PORT", "only the addresses learned at this port"},
};

constexpr OptionHint kOptionHints[] = {
    {"mtu", "", "68..9216", "largest packet at layer 3"},
    {"admin-state", "", "up|down", "down = the port neither takes nor gives packets"},
    {"path", "vhost-user", "FILE", "socket of the guest (required)"},
    {"mode", "vhost-user", "server|client", "who makes the socket: vsw (server) or the guest"},
    {"queues", "vhost-user tap internal", "1..8", "queue pairs"},
    {"mac", "tap internal", "MAC", "address of the kernel device"},
    {"device", "system", "NAME", "the kernel's device; the port's name"},
    {"devargs", "dpdk", "DEVICE", "DPDK device such as 0000:01:00.0 (required)"},
    {"rxq", "dpdk", "NUMBER", "receive queues"},
    {"txq", "dpdk", "NUMBER", "transmit queues"},
    {"rxd", "dpdk", "NUMBER", "descriptors of a receive queue"},
    {"txd", "dpdk", "NUMBER", "descriptors of a transmit queue"},
    {"peer", "patch", "PORT", "the patch port at the other end (required)"},
    {"address", "dpdk system", "LIST", "what tunnels use here, such as 192.0.2.1/24"},
    {"gateway", "dpdk system", "LIST", "where tunnel packets go that leave these networks"},
    {"remote", "vxlan geneve gre", "ADDRESS", "the other host, or flow: set by rules (required)"},
    {"remotes", "vxlan geneve gre", "LIST", "several hosts in place of remote: floods go to each"},
    {"local", "vxlan geneve gre", "ADDRESS", "our address, or flow; empty = as routes have it"},
    {"key", "vxlan geneve gre", "NUMBER", "VNI or GRE key, or flow: set and matched by rules"},
    {"in_key", "vxlan geneve gre", "NUMBER", "the key of received packets, in place of key"},
    {"out_key", "vxlan geneve gre", "NUMBER", "the key of sent packets, in place of key"},
    {"dst_port", "vxlan geneve", "1..65535", "UDP port; 4789 for vxlan, 6081 for geneve"},
    {"tos", "vxlan geneve gre", "0..255", "of the outer packet, or inherit; 0"},
    {"ttl", "vxlan geneve gre", "1..255", "of the outer packet, or inherit; 64"},
    {"df", "vxlan geneve gre", "true|false", "outer packets are not to be fragmented; true"},
    {"csum", "vxlan geneve gre", "true|false", "outer checksum over IPv4; false"},
    {"gbp", "vxlan", "true|false", "group policy extension; false"},
    {"bfd", "vxlan geneve gre", "true|false", "find out whether the other host answers; false"},
    {"bfd_min_rx", "vxlan geneve gre", "MS", "least time between received BFD packets; 1000"},
    {"bfd_min_tx", "vxlan geneve gre", "MS", "least time between sent BFD packets; 100"},
    {"bfd_mult", "vxlan geneve gre", "1..255", "missing BFD packets that mean down; 3"},
    {"bfd_src_ip", "vxlan geneve gre", "ADDRESS", "of BFD packets; 169.254.1.1"},
    {"bfd_dst_ip", "vxlan geneve gre", "ADDRESS", "of BFD packets; 169.254.1.0"},
    {"bfd_local_src_mac", "vxlan geneve gre", "MAC", "of BFD packets; the port's"},
    {"bfd_remote_dst_mac", "vxlan geneve gre", "MAC", "of BFD packets; 00:23:20:00:00:01"},
    {"bfd_local_dst_mac", "vxlan geneve gre", "MAC", "received BFD packets must go to it; any"},
};

const Descriptor* DescriptorOf(Noun noun) {
  switch (noun) {
    case Noun::kBridge:
      return v1::Bridge::descriptor();
    case Noun::kPort:
      return v1::Port::descriptor();
    case Noun::kFdbEntry:
      return v1::FdbEntry::descriptor();
    case Noun::kFdbFlush:
      return v1::FlushFdbRequest::descriptor();
    case Noun::kNone:
      break;
  }
  return nullptr;
}

struct Target {
  std::string path;     // for the mask
  std::string field;    // path without the map key
  std::string map_key;  // of a map only
  bool create_only = false;
};

bool IsPrefix(const Key& key) { return key.name.ends_with('.'); }

std::vector<std::string> KeyNames(Noun noun) {
  std::vector<std::string> names;
  for (const Key& key : KeysOf(noun)) {
    names.push_back(IsPrefix(key) ? std::string(key.name) + "KEY" : std::string(key.name));
  }
  return names;
}

absl::StatusOr<Target> Resolve(Noun noun, const std::string& name) {
  for (const Key& key : KeysOf(noun)) {
    const std::string path(key.path);
    if (!IsPrefix(key) && key.name == name) return Target{path, path, "", key.create_only};
    if (IsPrefix(key) && name.starts_with(key.name)) {
      const std::string map_key = name.substr(key.name.size());
      if (map_key.empty()) return InvalidArgument("'{}=' lacks the name after the dot", name);
      return Target{path + "." + map_key, path, map_key, false};
    }
  }
  if (noun == Noun::kPort && !name.empty())
    return Target{"options." + name, "options", name, false};
  return InvalidArgument("there is no key '{}' here; known are {}", name,
                         fmt::join(KeyNames(noun), ", "));
}

// Walks "vlan.tag" to the message that holds its last field, making the ones between.
std::pair<Message*, const FieldDescriptor*> Walk(Message* message, std::string_view path) {
  for (;;) {
    const size_t dot = path.find('.');
    const std::string name(path.substr(0, dot));
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
    VSW_CHECK(field != nullptr);
    if (dot == std::string_view::npos) return {message, field};
    message = message->GetReflection()->MutableMessage(message, field);
    path.remove_prefix(dot + 1);
  }
}

void AddMapEntry(Message* message, const FieldDescriptor* field, const std::string& key,
                 const std::string& value) {
  Message* entry = message->GetReflection()->AddMessage(message, field);
  const Descriptor* type = entry->GetDescriptor();
  entry->GetReflection()->SetString(entry, type->map_key(), key);
  entry->GetReflection()->SetString(entry, type->map_value(), value);
}

absl::Status SetTarget(const Target& target, const std::string& value, Message* message) {
  const auto [parent, field] = Walk(message, target.field);
  if (!field->is_map()) return SetField(value, field, parent);
  if (!value.empty()) AddMapEntry(parent, field, target.map_key, value);
  return absl::OkStatus();
}

std::string KeyForPath(Noun noun, const std::string& path) {
  for (const Key& key : KeysOf(noun)) {
    if (!IsPrefix(key) && key.path == path) return std::string(key.name);
    const std::string map_path = std::string(key.path) + ".";
    if (IsPrefix(key) && path.starts_with(map_path)) {
      return std::string(key.name) + path.substr(map_path.size());
    }
  }
  return path;
}

void FlattenMap(Noun noun, const Message& message, const FieldDescriptor* field,
                const std::string& path, std::vector<Row>* rows) {
  const auto* reflection = message.GetReflection();
  std::map<std::string, std::string> sorted;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field, i);
    const Descriptor* type = entry.GetDescriptor();
    sorted[entry.GetReflection()->GetString(entry, type->map_key())] =
        entry.GetReflection()->GetString(entry, type->map_value());
  }
  for (const auto& [key, value] : sorted) {
    rows->push_back({path + "." + key, KeyForPath(noun, path + "." + key), value});
  }
}

void FlattenInto(Noun noun, const Message& message, const std::string& prefix,
                 std::vector<Row>* rows) {
  const Descriptor* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const std::string path = prefix + field->name();
    if (field->is_map()) {
      FlattenMap(noun, message, field, path, rows);
    } else if (field->message_type() != nullptr && field->is_repeated()) {
      for (int j = 0; j < message.GetReflection()->FieldSize(message, field); ++j) {
        const Message& child = message.GetReflection()->GetRepeatedMessage(message, field, j);
        FlattenInto(noun, child, fmt::format("{}.{}.", path, j), rows);
      }
    } else if (field->message_type() != nullptr) {
      const Message& child = message.GetReflection()->GetMessage(message, field);
      FlattenInto(noun, child, path + ".", rows);
    } else {
      // In what the switch reports, 0 is a fact; in what is wanted, it is "not set".
      const bool show_zero = path.starts_with("status.");
      rows->push_back({path, KeyForPath(noun, path), FieldText(message, field, show_zero)});
    }
  }
}

std::string PathForKey(Noun noun, const std::string& name) {
  for (const Key& key : KeysOf(noun)) {
    if (!IsPrefix(key) && key.name == name) return std::string(key.path);
    if (IsPrefix(key) && name.starts_with(key.name)) {
      return std::string(key.path) + "." + name.substr(key.name.size());
    }
  }
  return name;
}

// True if `path` is a field, or an entry of a map, of this message type.
bool IsPath(const Descriptor* type, std::string_view path) {
  const size_t dot = path.find('.');
  const FieldDescriptor* field = type->FindFieldByName(std::string(path.substr(0, dot)));
  if (field == nullptr) return false;
  if (dot == std::string_view::npos || field->is_map()) return true;
  return field->message_type() != nullptr && IsPath(field->message_type(), path.substr(dot + 1));
}

bool IsOptionHint(std::string_view name) {
  return std::any_of(std::begin(kOptionHints), std::end(kOptionHints),
                     [name](const OptionHint& hint) { return hint.name == name; });
}

}  // namespace

std::span<const Key> KeysOf(Noun noun) {
  switch (noun) {
    case Noun::kBridge:
      return kBridgeKeys;
    case Noun::kPort:
      return kPortKeys;
    case Noun::kFdbEntry:
      return kFdbEntryKeys;
    case Noun::kFdbFlush:
      return kFdbFlushKeys;
    case Noun::kNone:
      break;
  }
  return {};
}

std::span<const OptionHint> OptionHints() { return kOptionHints; }

absl::Status ApplyPairs(Noun noun, std::span<const std::string> pairs, Message* message,
                        std::vector<std::string>* mask) {
  std::set<std::string> seen;
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    VSW_CHECK(equals != std::string::npos);
    const std::string name = pair.substr(0, equals);
    VSW_ASSIGN_OR_RETURN(const Target target, Resolve(noun, name));
    if (!seen.insert(target.path).second) return InvalidArgument("{} is given twice", name);
    if (mask != nullptr && target.create_only) {
      return InvalidArgument("{} cannot be changed: delete it and add it anew", name);
    }
    VSW_RETURN_IF_ERROR(Annotate(SetTarget(target, pair.substr(equals + 1), message), name));
    if (mask != nullptr) mask->push_back(target.path);
  }
  return absl::OkStatus();
}

std::vector<Row> Flatten(Noun noun, const Message& message) {
  std::vector<Row> rows;
  FlattenInto(noun, message, "", &rows);
  return rows;
}

absl::StatusOr<std::vector<Row>> SelectRows(Noun noun, const Message& message,
                                            const std::string& key) {
  const std::vector<Row> all = Flatten(noun, message);
  const auto select = [&all](const std::string& path) {
    std::vector<Row> rows;
    for (const Row& row : all) {
      if (row.path == path || row.path.starts_with(path + ".")) rows.push_back(row);
    }
    return rows;
  };
  const std::string path = PathForKey(noun, key);
  std::vector<Row> rows = select(path);
  const Descriptor* type = DescriptorOf(noun);
  const FieldDescriptor* field = type->FindFieldByName(path);
  if (!rows.empty() || (field != nullptr && field->is_map())) return rows;
  if (IsPath(type, path)) return NotFound("there is no '{}'", key);
  if (noun == Noun::kPort) rows = select("options." + key);
  if (!rows.empty()) return rows;
  if (noun == Noun::kPort && IsOptionHint(key)) return NotFound("option '{}' is not set", key);
  return InvalidArgument("there is no key '{}'; known are {}, and what `get` without a key shows",
                         key, fmt::join(KeyNames(noun), ", "));
}

std::string DescribeField(const std::string& server_path) {
  for (const Noun noun : {Noun::kPort, Noun::kBridge, Noun::kFdbEntry}) {
    for (const Key& key : KeysOf(noun)) {
      const size_t at = server_path.rfind(key.path);
      if (at == std::string::npos || (at > 0 && server_path[at - 1] != '.')) continue;
      const std::string rest = server_path.substr(at + key.path.size());
      const bool indexed = rest.starts_with('[') && rest.ends_with(']');
      if (IsPrefix(key) ? !indexed : !indexed && !rest.empty()) continue;
      std::string name(key.name);
      if (IsPrefix(key)) {  // options[path] is written path, labels[x] is written label.x
        name = (key.path == "options" ? "" : name) + rest.substr(1, rest.size() - 2);
      }
      return name == server_path ? name : name + " (" + server_path + ")";
    }
  }
  return server_path;
}

std::vector<std::string> ChoicesOf(Noun noun, std::string_view name) {
  std::string_view values;
  for (const Key& key : KeysOf(noun)) {
    if (key.name == name) values = key.values;
  }
  if (noun == Noun::kPort && values.empty()) {
    for (const OptionHint& hint : kOptionHints) {
      if (hint.name == name) values = hint.values;
    }
  }
  std::vector<std::string> choices;
  if (values.find('|') == std::string_view::npos) return choices;
  for (size_t start = 0; start <= values.size();) {
    const size_t end = std::min(values.find('|', start), values.size());
    choices.emplace_back(values.substr(start, end - start));
    start = end + 1;
  }
  return choices;
}

}  // namespace vsw::cli
