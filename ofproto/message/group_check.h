// SPDX-License-Identifier: Apache-2.0
//
// What a group-mod must keep to whichever way it came, by OpenFlow or as text.
#ifndef VSW_OFPROTO_MESSAGE_GROUP_CHECK_H_
#define VSW_OFPROTO_MESSAGE_GROUP_CHECK_H_

#include "ofproto/error.h"
#include "ofproto/message/messages.h"

namespace vsw {

/// Which buckets, weights, watches and bucket ids fit the command and the type of group (1.3
/// section 5.6.1, 1.5 section 7.3.4.3). DecodeRequest() has called it; parsers of text should.
OfStatus CheckGroupMod(const GroupMod& mod);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_GROUP_CHECK_H_
