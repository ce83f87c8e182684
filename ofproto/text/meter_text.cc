// SPDX-License-Identifier: Apache-2.0
//
// Meters and their bands.
#include <algorithm>

#include "base/status.h"
#include "ofproto/text/text.h"
#include "ofproto/text/words.h"

namespace vsw {
namespace {

absl::Status ParseBandWord(const Word& word, MeterConfig* config) {
  if (word.key == "type") {
    MeterBand band;
    if (word.value == "dscp_remark") {
      band.type = MeterBand::Type::kDscpRemark;
    } else if (word.value != "drop") {
      return InvalidArgument("bands: {}: drop or dscp_remark wanted", std::string(word.value));
    }
    config->bands.push_back(band);
    return absl::OkStatus();
  }
  if (config->bands.empty()) {
    return InvalidArgument("bands: {}: a band starts with its type", std::string(word.text));
  }
  MeterBand& band = config->bands.back();
  if (word.key == "rate" || word.key == "burst_size") {
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, UINT32_MAX));
    (word.key == "rate" ? band.rate : band.burst) = static_cast<uint32_t>(number);
  } else if (word.key == "prec_level") {
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, 255));
    band.precedence = static_cast<uint8_t>(number);
  } else {
    return InvalidArgument("bands: {}: unknown keyword", std::string(word.text));
  }
  return absl::OkStatus();
}

absl::Status ParseMeterId(std::string_view text, MeterConfig* config) {
  if (text == "all") {
    config->meter = kMeterAll;
  } else if (text == "controller") {
    config->meter = kMeterController;
  } else if (text == "slowpath") {
    config->meter = kMeterSlowPath;
  } else {
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf("meter", text, UINT32_MAX));
    config->meter = static_cast<uint32_t>(number);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MeterMod> ParseMeter(std::string_view text, MeterMod::Command command) {
  MeterMod mod;
  mod.command = command;
  if (command == MeterMod::Command::kDelete) mod.config.meter = kMeterAll;
  bool has_meter = command == MeterMod::Command::kDelete, has_unit = false, in_bands = false;
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  for (Word word : words) {
    if (word.key == "bands" || word.key == "band") {
      in_bands = true;
      // bands=type=drop: the first word of the first band stands behind the equals sign.
      VSW_ASSIGN_OR_RETURN(const std::vector<Word> first, SplitWords(word.value));
      if (first.empty()) continue;
      word = first[0];
    }
    if (in_bands) {
      VSW_RETURN_IF_ERROR(ParseBandWord(word, &mod.config));
    } else if (word.key == "meter") {
      VSW_RETURN_IF_ERROR(ParseMeterId(word.value, &mod.config));
      has_meter = true;
    } else if (word.text == "kbps" || word.text == "pktps") {
      mod.config.packets_per_second = word.text == "pktps";
      has_unit = true;
    } else if (word.text == "burst") {
      mod.config.has_burst = true;
    } else if (word.text == "stats") {
      mod.config.keep_stats = true;
    } else {
      return InvalidArgument("{}: unknown keyword", std::string(word.text));
    }
  }
  if (!has_meter) return InvalidArgument("{}: must specify a meter", std::string(text));
  // Without the flag the size means nothing (OpenFlow 1.3 section 7.3.4.4).
  for (MeterBand& band : mod.config.bands) band.burst = mod.config.has_burst ? band.burst : 0;
  if (command != MeterMod::Command::kDelete) {
    if (!has_unit) mod.config.packets_per_second = false;
    if (mod.config.bands.empty()) {
      return InvalidArgument("{}: must have bands", std::string(text));
    }
  }
  return mod;
}

std::string FormatMeter(const MeterConfig& meter) {
  std::string text = meter.meter == kMeterController ? "meter=controller"
                     : meter.meter == kMeterSlowPath ? "meter=slowpath"
                                                     : fmt::format("meter={}", meter.meter);
  text += meter.packets_per_second ? " pktps" : " kbps";
  if (meter.has_burst) text += " burst";
  if (meter.keep_stats) text += " stats";
  text += " bands=";
  for (size_t i = 0; i < meter.bands.size(); ++i) {
    const MeterBand& band = meter.bands[i];
    const bool remark = band.type == MeterBand::Type::kDscpRemark;
    text += fmt::format("{}type={} rate={}", i == 0 ? "" : " ", remark ? "dscp_remark" : "drop",
                        band.rate);
    if (meter.has_burst) text += fmt::format(" burst_size={}", band.burst);
    if (remark) text += fmt::format(" prec_level={}", band.precedence);
  }
  return text;
}

}  // namespace vsw
