// SPDX-License-Identifier: Apache-2.0
#include "control/rules/stored_rules.h"

#include <algorithm>

#include "control/field_error.h"
#include "control/rules/rule_message.h"

namespace vsw::control {
namespace {

constexpr int kFlowsPerMessage = 500;

const char* TypeName(GroupType type) {
  switch (type) {
    case GroupType::kAll:
      return "all";
    case GroupType::kSelect:
      return "select";
    case GroupType::kIndirect:
      return "indirect";
    case GroupType::kFastFailover:
      return "fast_failover";
  }
  return "unknown";
}

// Matches and actions are kept with ports by number; names are put in by reading them again.
void NamePorts(const FlowId& id, const StoredFlow& stored, const PortNames& ports, v1::Flow* flow) {
  absl::StatusOr<FlowMod> mod = ParseFlow(TextOf(id, stored), FlowMod::Command::kAdd);
  if (!mod.ok()) return;  // it was read when it was stored
  flow->set_rule(FormatFlow(*mod, &ports));
  flow->set_match(FormatMatch(mod->match, &ports));
  flow->set_actions(ActionsText(mod->instructions, &ports));
}

void Fill(const FlowId& id, const StoredFlow& stored, v1::Flow* flow) {
  flow->set_rule(TextOf(id, stored));
  flow->set_table(id.table);
  flow->set_priority(id.priority);
  flow->set_match(id.match);
  flow->set_actions(stored.actions);
  flow->set_cookie(stored.cookie);
  flow->set_importance(stored.importance);
  for (const std::string_view word : FlagWords(stored.flags)) flow->add_flags(std::string(word));
}

// Calls `read` with the book of the bridge, if there is one still.
void WithBook(const ServiceContext& services, const std::string& bridge,
              const std::function<void(const Config&, const RuleBook&)>& read) {
  services.configurator->ReadRules([&](const Config& config, const Configurator::RuleBooks& books) {
    const auto book = books.find(bridge);
    if (book != books.end()) read(config, book->second);
  });
}

}  // namespace

absl::StatusOr<RuleChange> ReadSelector(const ServiceContext& services,
                                        const v1::ListFlowsRequest& request) {
  const std::shared_ptr<const Config> config = services.configurator->Current();
  const PortNames ports = PortNamesOf(*config, request.bridge());
  absl::StatusOr<RuleChange> selector =
      ReadFlowChange(FlowMod::Command::kDelete, request.selector(), &ports);
  if (selector.ok()) return selector;
  return AtField("selector", selector.status());
}

std::vector<v1::ListFlowsResponse> StoredFlows(const ServiceContext& services,
                                               const v1::ListFlowsRequest& request) {
  std::vector<v1::ListFlowsResponse> parts;
  const absl::StatusOr<RuleChange> selector = ReadSelector(services, request);
  if (!selector.ok()) return parts;
  WithBook(services, request.bridge(), [&](const Config& config, const RuleBook& book) {
    const PortNames ports = PortNamesOf(config, request.bridge());
    for (const FlowId& id : book.Select(std::get<FlowChange>(selector->what))) {
      if (parts.empty() || parts.back().flows_size() >= kFlowsPerMessage) parts.emplace_back();
      const StoredFlow& stored = *book.flows().at(id);
      v1::Flow* flow = parts.back().add_flows();
      Fill(id, stored, flow);
      if (request.names()) NamePorts(id, stored, ports, flow);
    }
  });
  return parts;
}

void StoredGroups(const ServiceContext& services, const v1::ListGroupsRequest& request,
                  v1::ListGroupsResponse* response) {
  WithBook(services, request.bridge(), [&](const Config& config, const RuleBook& book) {
    const PortNames ports = PortNamesOf(config, request.bridge());
    for (const auto& [number, group] : book.groups()) {
      if (request.has_group() && request.group() != number) continue;
      v1::Group* message = response->add_groups();
      message->set_group(number);
      message->set_type(TypeName(group->type));
      message->set_text(request.names() ? FormatGroup(*group, &ports) : TextOf(*group));
    }
  });
}

void StoredMeters(const ServiceContext& services, const v1::ListMetersRequest& request,
                  v1::ListMetersResponse* response) {
  WithBook(services, request.bridge(), [&](const Config& /*config*/, const RuleBook& book) {
    for (const auto& [number, meter] : book.meters()) {
      if (request.has_meter() && request.meter() != number) continue;
      v1::Meter* message = response->add_meters();
      message->set_meter(number);
      message->set_text(FormatMeter(*meter));
    }
  });
}

void DropMended(const ServiceContext& services, v1::Bridge* bridge) {
  auto* refused = bridge->mutable_status()->mutable_refused_rules();
  if (refused->empty()) return;
  WithBook(services, bridge->name(), [refused](const Config& /*config*/, const RuleBook& book) {
    const auto mended = std::remove_if(refused->begin(), refused->end(),
                                       [&](const auto& rule) { return !book.Holds(rule.rule()); });
    refused->erase(mended, refused->end());
  });
}

}  // namespace vsw::control
