# SPDX-License-Identifier: Apache-2.0
# fish completion of vswctl. Use: vswctl completion fish | source

function __vswctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null
end
complete -c vswctl -f -a '(__vswctl_complete)'
