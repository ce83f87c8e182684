// SPDX-License-Identifier: Apache-2.0
//
// One or two values of everything that the switch sends, encoded in every version that has it.
#ifndef VSW_TESTS_OFPROTO_MESSAGE_CODEC_SAMPLES_H_
#define VSW_TESTS_OFPROTO_MESSAGE_CODEC_SAMPLES_H_

#include <string>
#include <vector>

#include "ofproto/message/codec.h"

namespace vsw::testing {

struct Sample {
  std::string title;  // "1.3 flow stats"
  Bytes bytes;        // one message, or those of a multipart one behind the other
};
std::vector<Sample> EncodedSamples();

FlowStats SampleFlow();
PortDesc SamplePort();
GroupDesc SampleSelectGroup();
GroupDesc SampleFailoverGroup();
MeterConfig SampleMeter();
TableStats SampleTable();
PacketIn SamplePacketIn();

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_MESSAGE_CODEC_SAMPLES_H_
