// SPDX-License-Identifier: Apache-2.0
//
// Actions word by word. One row of a table in action_text.cc for each name; the families with words
// of their own inside (learn, ct, multipath, ...) are in action_*.cc.
#ifndef VSW_OFPROTO_TEXT_ACTION_TEXT_H_
#define VSW_OFPROTO_TEXT_ACTION_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "ofproto/text/text.h"
#include "ofproto/text/words.h"

namespace vsw {

/// Appends what the word says. False: it is no action.
absl::StatusOr<bool> ParseActionWord(const Word& word, const PortNames* ports, OfActions* actions);
std::string FormatAction(const OfAction& action, const PortNames* ports);

// Families.
absl::StatusOr<act::Learn> ParseLearn(std::string_view text, const PortNames* ports);
std::string FormatLearn(const act::Learn& learn, const PortNames* ports);
absl::StatusOr<act::Multipath> ParseMultipath(std::string_view text);
std::string FormatMultipath(const act::Multipath& multipath);
absl::StatusOr<act::Bundle> ParseBundle(std::string_view text, bool loads, const PortNames* ports);
std::string FormatBundle(const act::Bundle& bundle, const PortNames* ports);
absl::StatusOr<act::Ct> ParseCt(std::string_view text, const PortNames* ports);
std::string FormatCt(const act::Ct& ct, const PortNames* ports);
absl::StatusOr<act::Nat> ParseNat(const Word& word);
std::string FormatNat(const act::Nat& nat);
absl::StatusOr<act::Controller> ParseController(std::string_view text);
std::string FormatController(const act::Controller& controller);
/// True if `controller` does what output to the controller, CONTROLLER:N, does; ovs-ofctl
/// makes one of the other then.
bool SaysOnlyLength(const act::Controller& controller);
/// What stands behind set_field:, load:, move: and the mod_...: words.
absl::StatusOr<act::SetField> ParseSetField(std::string_view text, const PortNames* ports);
absl::StatusOr<act::SetField> ParseLoad(std::string_view text);
absl::StatusOr<act::Move> ParseMove(std::string_view text);
std::string FormatSetField(const act::SetField& set, const PortNames* ports);

/// "a->b": splits at the arrow. InvalidArgument without one.
absl::StatusOr<std::pair<std::string_view, std::string_view>> SplitArrow(std::string_view what,
                                                                         std::string_view text);
/// "aa.bb" and back.
absl::StatusOr<std::vector<uint8_t>> ParseOctets(std::string_view what, std::string_view text);
std::string FormatOctets(const std::vector<uint8_t>& octets);

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_ACTION_TEXT_H_
