// SPDX-License-Identifier: Apache-2.0
//
// vswctl without its process: from the arguments to the exit status. Results go to `out`,
// everything that went wrong to `err`.
#ifndef VSW_CLI_APP_H_
#define VSW_CLI_APP_H_

#include <ostream>
#include <string>
#include <vector>

#include "cli/exit_status.h"

namespace vsw::cli {

/// `arguments` are those after the program's name; `env_target` is VSW_TARGET, or "".
ExitStatus Run(const std::vector<std::string>& arguments, const std::string& env_target,
               std::ostream& out, std::ostream& err);

}  // namespace vsw::cli

#endif  // VSW_CLI_APP_H_
