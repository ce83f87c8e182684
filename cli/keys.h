// SPDX-License-Identifier: Apache-2.0
//
// The keys of KEY=VALUE words, in one table that drives parsing, `set`, `get`, help, completion and
// the naming of fields in the server's errors. A key stands for a path below a message of vsw.v1:
// tag = vlan.tag of a Port. A prefix key ("label.") stands for the entries of a map. Keys of a port
// that the table does not know go to its options, which the server checks.
#ifndef VSW_CLI_KEYS_H_
#define VSW_CLI_KEYS_H_

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace vsw::cli {

/// What the pairs of a command describe.
enum class Noun { kNone, kBridge, kPort, kFdbEntry, kFdbFlush };

struct Key {
  std::string_view name;     // "tag"; ends in '.' for the entries of a map
  std::string_view path;     // below the message: "vlan.tag"
  std::string_view values;   // for help: "1..4094"
  std::string_view summary;  // for help
  bool create_only = false;  // `set` refuses it
};

/// An option of a port by its type, for help and completion only: the server decides.
struct OptionHint {
  std::string_view name;
  std::string_view types;   // names separated by a blank; empty = all
  std::string_view values;  // separated by '|' when these are all there are
  std::string_view summary;
};

std::span<const Key> KeysOf(Noun noun);
std::span<const OptionHint> OptionHints();

/// Sets the fields that `pairs` ("tag=10") name. With `mask`, also collects their paths, and
/// refuses keys that cannot be changed. An empty value clears; for a map it removes the entry.
/// Errors: InvalidArgument naming the key, and what it takes.
[[nodiscard]] absl::Status ApplyPairs(Noun noun, std::span<const std::string> pairs,
                                      google::protobuf::Message* message,
                                      std::vector<std::string>* mask);

/// One line of `get`: the key as the user would write it, and its text.
struct Row {
  std::string path;
  std::string key;
  std::string value;
};

/// Every field of the message, maps entry by entry, in the order of the proto file.
std::vector<Row> Flatten(Noun noun, const google::protobuf::Message& message);

/// The rows that `key` names: a key, a path ("status.state"), a whole message or map ("status"), or
/// the bare name of an option.
/// Errors: NotFound if a map has no such entry, InvalidArgument if there is no such key at all.
absl::StatusOr<std::vector<Row>> SelectRows(Noun noun, const google::protobuf::Message& message,
                                            const std::string& key);

/// "tag (vlan.tag)" for a path as the server names it ("changes[1].create_port.port.vlan.tag");
/// entries of a map are named "port.options[path]".
std::string DescribeField(const std::string& server_path);

/// The values that a key can only have, for completion; empty if any.
std::vector<std::string> ChoicesOf(Noun noun, std::string_view key);

}  // namespace vsw::cli

#endif  // VSW_CLI_KEYS_H_
