// SPDX-License-Identifier: Apache-2.0
//
// Meters and their bands.
#include <vector>

#include "base/status.h"
#include "ofproto/text/text.h"
#include "ofproto/text/words.h"

namespace vsw {
namespace {

// Which words were there.
struct Said {
  bool meter = false, kbps = false, pktps = false, bands = false;
  std::vector<bool> rate, burst_size;  // of each band
};

absl::Status ParseBandWord(const Word& word, MeterConfig* config, Said* said) {
  if (word.key == "type") {
    MeterBand band;
    if (word.value == "dscp_remark") {
      band.type = MeterBand::Type::kDscpRemark;
    } else if (word.value != "drop") {
      return InvalidArgument("bands: {}: drop or dscp_remark wanted", std::string(word.value));
    }
    config->bands.push_back(band);
    said->rate.push_back(false);
    said->burst_size.push_back(false);
    return absl::OkStatus();
  }
  if (config->bands.empty()) {
    return InvalidArgument("bands: {}: a band starts with its type", std::string(word.text));
  }
  MeterBand& band = config->bands.back();
  if (word.key == "rate" || word.key == "burst_size") {
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf(word.key, word.value, UINT32_MAX));
    (word.key == "rate" ? band.rate : band.burst) = static_cast<uint32_t>(number);
    (word.key == "rate" ? said->rate : said->burst_size).back() = true;
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
    VSW_ASSIGN_OR_RETURN(const uint64_t number, NumberOf("meter", text, kMeterMax));
    if (number == 0) return InvalidArgument("meter: meters are numbered from 1");
    config->meter = static_cast<uint32_t>(number);
  }
  return absl::OkStatus();
}

absl::Status ParseHead(const Word& word, MeterConfig* config, Said* said) {
  if (word.key == "meter" || word.key == "meter_id") {
    said->meter = true;
    return ParseMeterId(word.value, config);
  }
  if (word.text == "kbps") {
    said->kbps = true;
  } else if (word.text == "pktps") {
    said->pktps = config->packets_per_second = true;
  } else if (word.text == "burst") {
    config->has_burst = true;
  } else if (word.text == "stats") {
    config->keep_stats = true;
  } else {
    return InvalidArgument("{}: unknown keyword", std::string(word.text));
  }
  return absl::OkStatus();
}

absl::Status CheckMeter(const MeterConfig& config, const Said& said) {
  if (said.kbps == said.pktps) return InvalidArgument("meter: needs either kbps or pktps");
  if (config.bands.empty()) return InvalidArgument("bands: must specify bands");
  for (size_t i = 0; i < config.bands.size(); ++i) {
    if (!said.rate[i]) return InvalidArgument("bands: rate: is missing");
    if (said.burst_size[i] != config.has_burst) {
      return InvalidArgument("bands: burst_size: goes with burst, and burst with it");
    }
    if (config.bands[i].precedence != 0 && config.bands[i].type == MeterBand::Type::kDrop) {
      return InvalidArgument("bands: prec_level: only with type=dscp_remark");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MeterMod> ParseMeter(std::string_view text, MeterMod::Command command) {
  const bool deletes = command == MeterMod::Command::kDelete;
  MeterMod mod;
  mod.command = command;
  if (deletes) mod.config.meter = kMeterAll;
  Said said;
  VSW_ASSIGN_OR_RETURN(const std::vector<Word> words, SplitWords(text));
  for (Word word : words) {
    if (word.key == "bands" || word.key == "band") {
      said.bands = true;
      // bands=type=drop: the first word of the first band stands behind the equals sign.
      VSW_ASSIGN_OR_RETURN(const std::vector<Word> first, SplitWords(word.value));
      if (first.empty()) continue;
      word = first[0];
    }
    VSW_RETURN_IF_ERROR(said.bands ? ParseBandWord(word, &mod.config, &said)
                                   : ParseHead(word, &mod.config, &said));
  }
  if (!said.meter && !deletes) {
    return InvalidArgument("{}: must specify a meter", std::string(text));
  }
  if (!deletes) VSW_RETURN_IF_ERROR(CheckMeter(mod.config, said));
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
