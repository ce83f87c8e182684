// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "base/mac_address.h"
#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::cli {
namespace {

absl::StatusOr<std::string> CanonicalMac(const std::string& text) {
  const std::optional<MacAddress> mac = MacAddress::Parse(text);
  if (!mac) return InvalidArgument("'{}' is no MAC address such as 52:54:00:12:34:56", text);
  return mac->ToString();
}

}  // namespace

absl::Status BuildFdbAdd(const Invocation& invocation, v1::Change* change) {
  v1::AddFdbEntryRequest* request = change->mutable_add_fdb_entry();
  v1::FdbEntry* entry = request->mutable_entry();
  entry->set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(*entry->mutable_mac(), CanonicalMac(invocation.Word(1)));
  entry->set_port(invocation.Word(2));
  entry->set_is_static(true);
  request->set_may_exist(invocation.may_exist);
  return ApplyPairs(Noun::kFdbEntry, invocation.pairs, entry, nullptr);
}

absl::Status BuildFdbDel(const Invocation& invocation, v1::Change* change) {
  v1::FdbEntry entry;
  VSW_RETURN_IF_ERROR(ApplyPairs(Noun::kFdbEntry, invocation.pairs, &entry, nullptr));
  v1::DeleteFdbEntryRequest* request = change->mutable_delete_fdb_entry();
  request->set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(*request->mutable_mac(), CanonicalMac(invocation.Word(1)));
  request->set_vlan(entry.vlan());
  request->set_if_exists(invocation.if_exists);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunFdbShow(const Invocation& invocation, Context& context) {
  v1::ListFdbRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(v1::ListFdbResponse response, context.client.Read<v1::FdbService>(
                                                         &v1::FdbService::Stub::ListFdb, request));
  std::sort(response.mutable_entries()->begin(), response.mutable_entries()->end(),
            [](const v1::FdbEntry& a, const v1::FdbEntry& b) {
              return std::make_tuple(a.bridge(), a.vlan(), a.mac()) <
                     std::make_tuple(b.bridge(), b.vlan(), b.mac());
            });
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
    return ExitStatus::kOk;
  }
  constexpr Table::Align kRight = Table::Align::kRight;
  Table table(
      {{"BRIDGE"}, {"VLAN", kRight}, {"MAC"}, {"PORT"}, {"REMOTE"}, {"KIND"}, {"AGE", kRight}});
  for (const v1::FdbEntry& entry : response.entries()) {
    table.AddRow({entry.bridge(), std::to_string(entry.vlan()), entry.mac(), entry.port(),
                  entry.remote().empty() ? "-" : entry.remote(),
                  entry.is_static() ? "static" : "learned",
                  entry.is_static() ? "-" : std::to_string(entry.age_seconds())});
  }
  context.printer.Print(table.Render());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunFdbFlush(const Invocation& invocation, Context& context) {
  v1::FlushFdbRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_RETURN_IF_ERROR(ApplyPairs(Noun::kFdbFlush, invocation.pairs, &request, nullptr));
  VSW_ASSIGN_OR_RETURN(
      const v1::FlushFdbResponse response,
      context.client.Change<v1::FdbService>(&v1::FdbService::Stub::FlushFdb, request));
  context.printer.PrintLine(context.printer.json()
                                ? ToJson(response)
                                : fmt::format("{} addresses forgotten", response.flushed()));
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
