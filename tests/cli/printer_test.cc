// SPDX-License-Identifier: Apache-2.0
#include "cli/printer.h"

#include "gtest/gtest.h"
#include "vsw/v1/types.pb.h"

namespace vsw::cli {
namespace {

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
  Table table({{"PORT"}, {"BYTES", Table::Align::kRight}, {"REASON"}});
  table.AddRow({"vm1", "18446744073709551615", ""});
  table.AddRow({"a-long-name", "1", "no such socket"});
  EXPECT_EQ(table.Render(),
            "PORT                        BYTES  REASON\n"
            "vm1          18446744073709551615\n"
            "a-long-name                     1  no such socket\n");
}

TEST(Table, ShowsEmptyCellsInTheMiddleAsDash) {
  Table table({{"A"}, {"B"}, {"C"}});
  table.AddRow({"x", "", "z"});
  EXPECT_EQ(table.Render(2), "  A  B  C\n  x  -  z\n");
}

TEST(Json, KeepsFieldNamesZerosAndAll64Bits) {
  v1::PortCounters counters;
  counters.set_rx_packets(UINT64_MAX);
  const std::string json = ToJson(counters);
  EXPECT_NE(json.find("\"rx_packets\":\"18446744073709551615\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"tx_bytes\":\"0\""), std::string::npos) << json;
}

TEST(Json, QuotesText) {
  EXPECT_EQ(ToJson(std::string("a\"b\n")), "\"a\\\"b\\n\"");
  EXPECT_EQ(JsonObject({{"a", "1"}, {"b", JsonArray({"2", "3"})}}), "{\"a\":1,\"b\":[2,3]}");
}

}  // namespace
}  // namespace vsw::cli
