# SPDX-License-Identifier: Apache-2.0
# bash completion of vswctl. Use: source <(vswctl completion bash)

_vswctl() {
  local line="${COMP_LINE:0:COMP_POINT}" current cut
  local -a words
  # bash breaks words at '=' and ':' too; keys and socket names need them whole.
  read -ra words <<< "$line"
  case "$line" in
    *[[:blank:]]) words+=("") ;;
  esac
  current="${words[${#words[@]} - 1]}"
  mapfile -t COMPREPLY < <("${words[0]}" __complete "${words[@]:1}" 2> /dev/null)
  # What bash keeps of the current word: everything up to its last break.
  cut="${current%"${current##*[=:]}"}"
  if [[ -n "$cut" && "$COMP_WORDBREAKS" == *"${cut: -1}"* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"$cut"}")
  fi
  if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *[=.] ]]; then
    compopt -o nospace 2> /dev/null
  fi
}
complete -o default -F _vswctl vswctl
