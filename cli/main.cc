// SPDX-License-Identifier: Apache-2.0
//
// vswctl, the command line of vsw. docs/vswctl.md describes it.
#include <cstdlib>
#include <iostream>

#include "cli/app.h"

int main(int argc, char** argv) {
  // The library's own log lines would say again, for developers, what the error says already.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const char* const target = std::getenv("VSW_TARGET");
  const vsw::cli::ExitStatus status =
      vsw::cli::Run({argv + 1, argv + argc}, target == nullptr ? "" : target, std::cout, std::cerr);
  if (!std::cout.flush()) {
    std::cerr << "vswctl: the output could not be written\n";
    return static_cast<int>(vsw::cli::ExitStatus::kRefused);
  }
  return static_cast<int>(status);
}
