// SPDX-License-Identifier: Apache-2.0
//
// The scripts below deploy/completion/, built into vswctl so that `vswctl completion` needs no
// files.
#ifndef VSW_CLI_COMPLETION_SCRIPTS_H_
#define VSW_CLI_COMPLETION_SCRIPTS_H_

#include <span>
#include <string_view>

namespace vsw::cli {

struct CompletionScript {
  std::string_view shell;
  std::string_view text;
};

std::span<const CompletionScript> CompletionScripts();

}  // namespace vsw::cli

#endif  // VSW_CLI_COMPLETION_SCRIPTS_H_
