// SPDX-License-Identifier: Apache-2.0
//
// Buckets of a group by their numbers (OpenFlow 1.5 section 7.3.4.3). Groups of older versions have
// none; they get the lowest free ones, so that every stored bucket can be named.
#ifndef VSW_CONTROL_RULES_BUCKETS_H_
#define VSW_CONTROL_RULES_BUCKETS_H_

#include <vector>

#include "ofproto/message/messages.h"

namespace vsw::control {

/// Gives a number to those of `added` that have none. Errors: kBucketExists if one is there twice,
/// or among `present`; kBadBucket for a reserved number.
OfStatus NumberBuckets(const std::vector<Bucket>& present, std::vector<Bucket>* added);

/// Puts `added` where `position` says: kBucketFirst, kBucketLast, or behind that bucket.
/// Errors: those of NumberBuckets; kUnknownBucket.
OfStatus InsertBuckets(uint32_t position, std::vector<Bucket>* added, std::vector<Bucket>* buckets);

/// Removes kBucketAll, kBucketFirst, kBucketLast, or that bucket. Errors: kUnknownBucket.
OfStatus RemoveBuckets(uint32_t which, std::vector<Bucket>* buckets);

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_BUCKETS_H_
