// SPDX-License-Identifier: Apache-2.0
//
// The daemon's version, as the build gives it.
#ifndef VSW_CONTROL_VERSION_H_
#define VSW_CONTROL_VERSION_H_

namespace vsw::control {

inline constexpr char kVersion[] = VSW_VERSION;

}  // namespace vsw::control

#endif  // VSW_CONTROL_VERSION_H_
