// SPDX-License-Identifier: Apache-2.0
#include "ofproto/text/action_text.h"

#include <algorithm>
#include <type_traits>

#include "base/status.h"
#include "ofproto/action/output_length.h"
#include "ofproto/text/values.h"

namespace vsw {
namespace {

using Result = absl::StatusOr<OfAction>;
using Parser = Result (*)(const Word&, const PortNames*);

// An action without arguments.
template <typename T>
Result Plain(const Word&, const PortNames*) {
  return OfAction(T());
}

// One with a number up to kMax, made by Make(number).
template <uint64_t kMax, auto Make>
Result Numbered(const Word& word, const PortNames*) {
  VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, kMax));
  return OfAction(Make(number));
}

// One that a family's parser makes of what stands behind it.
template <auto Parse>
Result Family(const Word& word, const PortNames* ports) {
  if constexpr (std::is_invocable_v<decltype(Parse), std::string_view, const PortNames*>) {
    VSW_ASSIGN_OR_RETURN(auto action, Parse(word.value, ports));
    return OfAction(std::move(action));
  } else {
    VSW_ASSIGN_OR_RETURN(auto action, Parse(word.value));
    return OfAction(std::move(action));
  }
}

// mod_...: the old way to set a field.
template <FieldId kField>
Result Legacy(const Word& word, const PortNames* ports) {
  const FieldInfo& field = Describe(kField);
  VSW_ASSIGN_OR_RETURN(const MaskedValue value, ParseMaskedValue(field, word.value, ports));
  const FieldValue ones = FieldValue::Ones(field.bits);
  if (!(value.mask == ones)) return InvalidArgument("{}: takes no mask", std::string(word.text));
  return OfAction(act::SetField{
      .field = kField, .value = value.value, .mask = ones, .form = act::SetForm::kLegacy});
}

Result ModTos(const Word& word, const PortNames*) {
  VSW_ASSIGN_OR_RETURN(const uint64_t tos, NumberOf(word.key, word.value, 255));
  if ((tos & 3) != 0) return InvalidArgument("mod_nw_tos: {} has ECN bits set", tos);
  return OfAction(act::SetField{.field = FieldId::kIpDscp,
                                .value = FieldValue::OfU64(tos >> 2),
                                .mask = FieldValue::Ones(6),
                                .form = act::SetForm::kLegacy});
}

Result ParseOutput(const Word& word, const PortNames* ports) {
  if (word.parenthesised) {
    act::Output output{};
    VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(word.value));
    for (const Word& inner : words) {
      if (inner.key == "port") {
        VSW_ASSIGN_OR_RETURN(output.port, ParsePort(inner.value, ports));
      } else if (inner.key == "max_len") {
        VSW_ASSIGN_OR_RETURN(const uint64_t n, NumberOf("max_len", inner.value, 0xffff));
        output.max_bytes = static_cast<uint32_t>(n);
      } else {
        return InvalidArgument("output: {}: unknown keyword", std::string(inner.text));
      }
    }
    if (output.port == 0 || output.max_bytes == 0) {
      return InvalidArgument("{}: needs port and max_len", std::string(word.text));
    }
    if (output.port != kOfpController) output.max_bytes = CutTo(output.max_bytes);
    return OfAction(output);
  }
  if (word.value.find('[') != std::string_view::npos) {
    VSW_ASSIGN_OR_RETURN(const Subfield source, ParseSubfield(word.value));
    return OfAction(act::OutputReg{.source = source, .max_bytes = 0xffff});
  }
  VSW_ASSIGN_OR_RETURN(const uint32_t port, ParsePort(word.value, ports));
  return OfAction(act::Output{.port = port, .max_bytes = port == kOfpController ? 0xffffu : 0u});
}

Result ParseEnqueue(const Word& word, const PortNames* ports) {
  const size_t separator = word.value.find_first_of(":,");
  VSW_ASSIGN_OR_RETURN(const uint32_t port, ParsePort(word.value.substr(0, separator), ports));
  const std::string_view queue =
      separator == std::string_view::npos ? "" : word.value.substr(separator + 1);
  VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf("enqueue", queue, UINT32_MAX));
  return OfAction(act::Enqueue{.port = port, .queue = static_cast<uint32_t>(number)});
}

Result ParseControllerWord(const Word& word, const PortNames*) {
  if (!word.has_value) return OfAction(act::Output{.port = kOfpController, .max_bytes = 0xffff});
  VSW_ASSIGN_OR_RETURN(act::Controller controller, ParseController(word.value));
  if (SaysOnlyLength(controller)) {
    return OfAction(act::Output{.port = kOfpController, .max_bytes = controller.max_bytes});
  }
  return OfAction(std::move(controller));
}

Result ParseResubmit(const Word& word, const PortNames* ports) {
  act::Resubmit resubmit;
  const size_t comma = word.parenthesised ? word.value.find(',') : std::string_view::npos;
  const std::string_view port = Trimmed(word.value.substr(0, comma));
  if (!port.empty()) {
    VSW_ASSIGN_OR_RETURN(resubmit.in_port, ParsePort(port, ports));
  }
  const std::string_view table =
      comma == std::string_view::npos ? "" : Trimmed(word.value.substr(comma + 1));
  if (!table.empty()) {
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf("resubmit: table", table, 254));
    resubmit.table = static_cast<uint8_t>(number);
  }
  if (port.empty() && table.empty()) {
    return InvalidArgument("{}: needs a port or a table", std::string(word.text));
  }
  return OfAction(resubmit);
}

template <typename T>
Result Stack(const Word& word, const PortNames*) {
  VSW_ASSIGN_OR_RETURN(const Subfield subfield, ParseSubfield(word.value));
  return OfAction(T{.subfield = subfield});
}

Result ParseDecTtl(const Word& word, const PortNames*) {
  act::DecTtl dec;
  if (!word.parenthesised) return OfAction(dec);
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(word.value));
  if (words.empty()) return OfAction(dec);  // dec_ttl() is dec_ttl
  dec.controllers.clear();
  for (const Word& id : words) {
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf("dec_ttl", id.text, 0xffff));
    dec.controllers.push_back(static_cast<uint16_t>(number));
  }
  return OfAction(dec);
}

Result ParseConjunction(const Word& word, const PortNames*) {
  const size_t comma = word.value.find(','), slash = word.value.find('/');
  if (comma == std::string_view::npos || slash == std::string_view::npos || slash < comma) {
    return InvalidArgument("{}: conjunction(ID,CLAUSE/CLAUSES) wanted", std::string(word.text));
  }
  VSW_ASSIGN_OR_RETURN(const uint64_t id,
                       NumberOf("conjunction", Trimmed(word.value.substr(0, comma)), UINT32_MAX));
  VSW_ASSIGN_OR_RETURN(
      const uint64_t clause,
      NumberOf("conjunction", Trimmed(word.value.substr(comma + 1, slash - comma - 1)), 64));
  VSW_ASSIGN_OR_RETURN(const uint64_t clauses,
                       NumberOf("conjunction", Trimmed(word.value.substr(slash + 1)), 64));
  if (clauses < 2 || clause < 1 || clause > clauses) {
    return InvalidArgument("{}: clauses are 1 to N, and N is 2 to 64", std::string(word.text));
  }
  // Counted from 0 on the wire.
  return OfAction(act::Conjunction{.id = static_cast<uint32_t>(id),
                                   .clause = static_cast<uint8_t>(clause - 1),
                                   .clauses = static_cast<uint8_t>(clauses)});
}

Result ParseNote(const Word& word, const PortNames*) {
  VSW_ASSIGN_OR_RETURN(std::vector<uint8_t> octets, ParseOctets("note", word.value));
  return OfAction(act::Note{.octets = std::move(octets)});
}

Result ParseFinTimeout(const Word& word, const PortNames*) {
  act::FinTimeout fin{};
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(word.value));
  for (const Word& inner : words) {
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(inner.key, inner.value, 0xffff));
    if (inner.key == "idle_timeout") {
      fin.idle = static_cast<uint16_t>(number);
    } else if (inner.key == "hard_timeout") {
      fin.hard = static_cast<uint16_t>(number);
    } else {
      return InvalidArgument("fin_timeout: {}: unknown keyword", std::string(inner.text));
    }
  }
  return OfAction(fin);
}

Result ParseCheckPktLarger(const Word& word, const PortNames*) {
  VSW_ASSIGN_OR_RETURN(const auto sides, SplitArrow("check_pkt_larger", word.text));
  VSW_ASSIGN_OR_RETURN(const uint64_t bytes, NumberOf("check_pkt_larger", word.value, 0xffff));
  VSW_ASSIGN_OR_RETURN(const Subfield destination, ParseSubfield(sides.second));
  if (destination.bits != 1) {
    return InvalidArgument("{}: the destination has to be one bit", std::string(word.text));
  }
  return OfAction(
      act::CheckPktLarger{.bytes = static_cast<uint16_t>(bytes), .destination = destination});
}

template <bool kLoads>
Result ParseBundleWord(const Word& word, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(act::Bundle bundle, ParseBundle(word.value, kLoads, ports));
  return OfAction(std::move(bundle));
}

Result ParseClone(const Word& word, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(OfActions actions, ParseActions(word.value, ports));
  return OfAction(act::Clone{.actions = std::move(actions)});
}

Result ParseNatWord(const Word& word, const PortNames*) {
  VSW_ASSIGN_OR_RETURN(act::Nat nat, ParseNat(word));
  return OfAction(std::move(nat));
}

template <typename T, typename Number, Number T::*kMember>
OfAction Make(uint64_t number) {
  T action{};
  action.*kMember = static_cast<Number>(number);
  return action;
}
OfAction MakeTunnel(uint64_t id) { return act::SetTunnel{.id = id, .wide = id > UINT32_MAX}; }
OfAction MakeTunnel64(uint64_t id) { return act::SetTunnel{.id = id, .wide = true}; }

struct Row {
  std::string_view name;
  Parser parse;
};
constexpr Row kRows[] = {
    {"output", ParseOutput},
    {"enqueue", ParseEnqueue},
    {"set_queue", Numbered<UINT32_MAX, Make<act::SetQueue, uint32_t, &act::SetQueue::queue>>},
    {"pop_queue", Plain<act::PopQueue>},
    {"controller", ParseControllerWord},
    {"CONTROLLER", ParseControllerWord},
    {"set_field", Family<ParseSetField>},
    {"load", Family<ParseLoad>},
    {"move", Family<ParseMove>},
    {"push", Stack<act::StackPush>},
    {"pop", Stack<act::StackPop>},
    {"mod_dl_src", Legacy<FieldId::kEthSrc>},
    {"mod_dl_dst", Legacy<FieldId::kEthDst>},
    {"mod_nw_src", Legacy<FieldId::kIpv4Src>},
    {"mod_nw_dst", Legacy<FieldId::kIpv4Dst>},
    {"mod_nw_tos", ModTos},
    {"mod_nw_ecn", Legacy<FieldId::kIpEcn>},
    {"mod_nw_ttl", Numbered<255, Make<act::SetIpTtl, uint8_t, &act::SetIpTtl::ttl>>},
    {"mod_tp_src", Legacy<FieldId::kTcpSrc>},
    {"mod_tp_dst", Legacy<FieldId::kTcpDst>},
    {"mod_vlan_vid", Numbered<0xfff, Make<act::SetVlanVid, uint16_t, &act::SetVlanVid::vid>>},
    {"mod_vlan_pcp", Numbered<7, Make<act::SetVlanPcp, uint8_t, &act::SetVlanPcp::pcp>>},
    {"strip_vlan", Plain<act::PopVlan>},
    {"pop_vlan", Plain<act::PopVlan>},
    {"push_vlan", Numbered<0xffff, Make<act::PushVlan, uint16_t, &act::PushVlan::ethertype>>},
    {"push_mpls", Numbered<0xffff, Make<act::PushMpls, uint16_t, &act::PushMpls::ethertype>>},
    {"pop_mpls", Numbered<0xffff, Make<act::PopMpls, uint16_t, &act::PopMpls::ethertype>>},
    {"set_mpls_label", Legacy<FieldId::kMplsLabel>},
    {"set_mpls_tc", Legacy<FieldId::kMplsTc>},
    {"set_mpls_ttl", Numbered<255, Make<act::SetMplsTtl, uint8_t, &act::SetMplsTtl::ttl>>},
    {"dec_mpls_ttl", Plain<act::DecMplsTtl>},
    {"dec_ttl", ParseDecTtl},
    {"copy_ttl_out", Plain<act::CopyTtlOut>},
    {"copy_ttl_in", Plain<act::CopyTtlIn>},
    {"group", Numbered<UINT32_MAX, Make<act::Group, uint32_t, &act::Group::group>>},
    {"resubmit", ParseResubmit},
    {"set_tunnel", Numbered<UINT64_MAX, MakeTunnel>},
    {"set_tunnel64", Numbered<UINT64_MAX, MakeTunnel64>},
    {"learn", Family<ParseLearn>},
    {"conjunction", ParseConjunction},
    {"multipath", Family<ParseMultipath>},
    {"bundle", ParseBundleWord<false>},
    {"bundle_load", ParseBundleWord<true>},
    {"note", ParseNote},
    {"exit", Plain<act::Exit>},
    {"fin_timeout", ParseFinTimeout},
    {"check_pkt_larger", ParseCheckPktLarger},
    {"clone", ParseClone},
    {"ct", Family<ParseCt>},
    {"ct_clear", Plain<act::CtClear>},
    {"nat", ParseNatWord},
};

// How each action prints.
struct Formatter {
  const PortNames* ports;

  std::string operator()(const act::Output& a) const {
    if (a.port == kOfpController) return "CONTROLLER:" + std::to_string(a.max_bytes);
    const std::string port = FormatPort(a.port, ports);
    if (CutsPacket(a.max_bytes)) {
      return fmt::format("output(port={},max_len={})", port, CutLength(a.max_bytes));
    }
    return a.port > kOfpMax ? port : "output:" + port;
  }
  std::string operator()(const act::OutputReg& a) const {
    return "output:" + FormatSubfield(a.source);
  }
  std::string operator()(const act::Enqueue& a) const {
    return "enqueue:" + FormatPort(a.port, ports) + ":" + std::to_string(a.queue);
  }
  std::string operator()(const act::SetQueue& a) const {
    return "set_queue:" + std::to_string(a.queue);
  }
  std::string operator()(const act::PopQueue&) const { return "pop_queue"; }
  std::string operator()(const act::Controller& a) const { return FormatController(a); }
  std::string operator()(const act::SetField& a) const { return FormatSetField(a, ports); }
  std::string operator()(const act::Move& a) const {
    return "move:" + FormatSubfield(a.source) + "->" + FormatSubfield(a.destination);
  }
  std::string operator()(const act::StackPush& a) const {
    return "push:" + FormatSubfield(a.subfield);
  }
  std::string operator()(const act::StackPop& a) const {
    return "pop:" + FormatSubfield(a.subfield);
  }
  std::string operator()(const act::PushVlan& a) const {
    return fmt::format("push_vlan:{:#06x}", a.ethertype);
  }
  std::string operator()(const act::PopVlan&) const { return "pop_vlan"; }
  std::string operator()(const act::SetVlanVid& a) const {
    return "mod_vlan_vid:" + std::to_string(a.vid);
  }
  std::string operator()(const act::SetVlanPcp& a) const {
    return "mod_vlan_pcp:" + std::to_string(a.pcp);
  }
  std::string operator()(const act::PushMpls& a) const {
    return fmt::format("push_mpls:{:#06x}", a.ethertype);
  }
  std::string operator()(const act::PopMpls& a) const {
    return fmt::format("pop_mpls:{:#06x}", a.ethertype);
  }
  std::string operator()(const act::SetMplsTtl& a) const {
    return fmt::format("set_mpls_ttl({})", a.ttl);
  }
  std::string operator()(const act::DecMplsTtl&) const { return "dec_mpls_ttl"; }
  std::string operator()(const act::SetIpTtl& a) const {
    return "mod_nw_ttl:" + std::to_string(a.ttl);
  }
  std::string operator()(const act::DecTtl& a) const {
    if (a.controllers == std::vector<uint16_t>{0}) return "dec_ttl";
    return fmt::format("dec_ttl({})", fmt::join(a.controllers, ","));
  }
  std::string operator()(const act::CopyTtlOut&) const { return "copy_ttl_out"; }
  std::string operator()(const act::CopyTtlIn&) const { return "copy_ttl_in"; }
  std::string operator()(const act::Group& a) const { return "group:" + std::to_string(a.group); }
  std::string operator()(const act::Meter& a) const { return "meter:" + std::to_string(a.meter); }
  std::string operator()(const act::Resubmit& a) const {
    const std::string port = a.in_port == kOfpInPort ? "" : FormatPort(a.in_port, ports);
    if (a.table == 0xff) return port.empty() ? "resubmit:IN_PORT" : "resubmit:" + port;
    return fmt::format("resubmit({},{})", port, a.table);
  }
  std::string operator()(const act::SetTunnel& a) const {
    return fmt::format("set_tunnel{}:{}", a.wide ? "64" : "", FormatHex(FieldValue::OfU64(a.id)));
  }
  std::string operator()(const act::Learn& a) const { return FormatLearn(a, ports); }
  std::string operator()(const act::Conjunction& a) const {
    return fmt::format("conjunction({},{}/{})", a.id, a.clause + 1, a.clauses);
  }
  std::string operator()(const act::Multipath& a) const { return FormatMultipath(a); }
  std::string operator()(const act::Bundle& a) const { return FormatBundle(a, ports); }
  std::string operator()(const act::Note& a) const { return "note:" + FormatOctets(a.octets); }
  std::string operator()(const act::Exit&) const { return "exit"; }
  std::string operator()(const act::FinTimeout& a) const {
    std::string text;
    if (a.idle != 0) text = "idle_timeout=" + std::to_string(a.idle);
    if (a.hard != 0) text += (text.empty() ? "" : ",") + ("hard_timeout=" + std::to_string(a.hard));
    return "fin_timeout(" + text + ")";
  }
  std::string operator()(const act::CheckPktLarger& a) const {
    return fmt::format("check_pkt_larger({})->{}", a.bytes, FormatSubfield(a.destination));
  }
  std::string operator()(const act::Clone& a) const {
    return "clone(" + FormatActions(a.actions, ports) + ")";
  }
  std::string operator()(const act::Ct& a) const { return FormatCt(a, ports); }
  std::string operator()(const act::CtClear&) const { return "ct_clear"; }
  std::string operator()(const act::Nat& a) const { return FormatNat(a); }
};

}  // namespace

absl::StatusOr<bool> ParseActionWord(const Word& word, const PortNames* ports, OfActions* actions) {
  const auto row = std::ranges::find(kRows, word.key, &Row::name);
  if (row != std::end(kRows)) {
    auto action = row->parse(word, ports);
    if (!action.ok()) return action.status();
    actions->push_back(*std::move(action));
    return true;
  }
  // A port by itself.
  if (word.has_value) return false;
  const absl::StatusOr<uint32_t> port = ParsePort(word.text, ports);
  if (!port.ok()) return false;
  actions->push_back(
      act::Output{.port = *port, .max_bytes = *port == kOfpController ? 0xffffu : 0u});
  return true;
}

std::string FormatAction(const OfAction& action, const PortNames* ports) {
  return std::visit(Formatter{ports}, action.what);
}

absl::StatusOr<OfActions> ParseActions(std::string_view text, const PortNames* ports) {
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  OfActions actions;
  for (const Word& word : words) {
    if (word.text == "drop" && words.size() == 1) return actions;
    // As an action: from 1.5 on a meter may stand anywhere in the list.
    if (word.key == "meter" && word.has_value) {
      VSW_ASSIGN_OR_RETURN(const uint64_t meter, NumberOf("meter", word.value, UINT32_MAX));
      actions.push_back(act::Meter{.meter = static_cast<uint32_t>(meter)});
      continue;
    }
    VSW_ASSIGN_OR_RETURN(const bool known, ParseActionWord(word, ports, &actions));
    if (!known) return InvalidArgument("{}: unknown action", std::string(word.text));
  }
  return actions;
}

std::string FormatActions(const OfActions& actions, const PortNames* ports) {
  if (actions.empty()) return "drop";
  std::string text;
  for (const OfAction& action : actions) {
    text += (text.empty() ? "" : ",") + FormatAction(action, ports);
  }
  return text;
}

}  // namespace vsw
