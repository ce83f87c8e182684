#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what build/release holds, for production use under systemd.
#
#   deploy/install.sh [--prefix DIR] [--uninstall]      DIR is /usr/local by default
#
# Puts the daemons and `vsw` (see deploy/vsw) into DIR/sbin, vswctl into DIR/bin, its completion and
# the documents below DIR/share, and the units into /etc/systemd/system. DESTDIR goes in front of all.
# Starts nothing: `systemctl enable --now vswitchd vswmgrd` does.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
bin=${VSW_BIN_DIR:-$top/build/release/bin}
prefix=/usr/local
root=${DESTDIR:-}
uninstall=

die() {
  echo "install.sh: $*" >&2
  exit 1
}

install_files() {
  local name
  for name in vswitchd vswmgrd vswctl; do
    [ -x "$bin/$name" ] || die "there is no $bin/$name; build it: cmake --preset release &&" \
      "cmake --build build/release"
  done
  install -d "$root$prefix"/{sbin,bin,libexec/vsw,share/doc/vsw} "$root/etc/systemd/system" ||
    die "cannot write below $root$prefix; run as root, or set DESTDIR"
  install -m 755 "$bin/vswitchd" "$bin/vswmgrd" "$root$prefix/sbin/"
  install -m 755 "$bin/vswctl" "$root$prefix/bin/"
  install -m 755 "$top/deploy/vsw" "$top/deploy/supervise" "$root$prefix/libexec/vsw/"
  ln -sfn ../libexec/vsw/vsw "$root$prefix/sbin/vsw"
  install -m 644 "$top"/docs/*.md "$root$prefix/share/doc/vsw/"
  for name in vswitchd vswmgrd; do
    sed "s|/usr/local/|$prefix/|g" "$top/deploy/systemd/$name.service" \
      >"$root/etc/systemd/system/$name.service"
  done
  install_completion
}

# Files of deploy/completion are named after the shell: vswctl.bash, _vswctl, vswctl.fish.
install_completion() {
  local share=$root$prefix/share
  local -A place=(
    [vswctl.bash]=bash-completion/completions/vswctl
    [_vswctl]=zsh/site-functions/_vswctl
    [vswctl.fish]=fish/vendor_completions.d/vswctl.fish
  )
  local name
  for name in "${!place[@]}"; do
    if [ -e "$top/deploy/completion/$name" ]; then
      install -D -m 644 "$top/deploy/completion/$name" "$share/${place[$name]}"
    fi
  done
}

remove_files() {
  rm -f "$root$prefix"/sbin/{vswitchd,vswmgrd,vsw} "$root$prefix/bin/vswctl" \
    "$root"/etc/systemd/system/{vswitchd,vswmgrd}.service \
    "$root$prefix/share/bash-completion/completions/vswctl" \
    "$root$prefix/share/zsh/site-functions/_vswctl" \
    "$root$prefix/share/fish/vendor_completions.d/vswctl.fish"
  rm -rf "$root$prefix/libexec/vsw" "$root$prefix/share/doc/vsw"
}

while [ $# -gt 0 ]; do
  case "$1" in
    --prefix)
      prefix=${2:-}
      shift
      ;;
    --prefix=*) prefix=${1#*=} ;;
    --uninstall) uninstall=1 ;;
    *)
      sed -n '3,9s/^# \{0,1\}//p' "$0"
      exit 1
      ;;
  esac
  shift
done
case "$prefix" in
  /*[!/]*) ;;
  *) die "--prefix needs an absolute path, not '$prefix'" ;;
esac

if [ -n "$uninstall" ]; then
  remove_files
  echo "removed; the database in /var/lib/vsw is kept"
else
  install_files
  echo "installed below $root$prefix; next: systemctl daemon-reload &&" \
    "systemctl enable --now vswitchd vswmgrd"
fi
