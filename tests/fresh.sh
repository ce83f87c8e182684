#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The honest check of the README: a bare Debian 12 made by debootstrap, the committed tree copied in, and
# the two commands run there as a newcomer would. Needs root and debootstrap.
#
#   tests/fresh.sh [--keep] [COMMAND ...]     default: deploy/quickstart.sh and tests/run.sh
#
# VSW_FRESH_DIR names the folder for the bare system (default: a new one below /var/tmp). The packages' sources
# and the package manager's settings are those of this host.
set -euo pipefail

keep=0
if [ "${1:-}" = --keep ]; then
  keep=1
  shift
fi
commands=("$@")
[ ${#commands[@]} -gt 0 ] || commands=(deploy/quickstart.sh tests/run.sh)

top=$(cd "$(dirname "$0")/.." && pwd)
[ "$(id -u)" -eq 0 ] || { echo "fresh.sh: needs root" >&2; exit 1; }
command -v debootstrap >/dev/null || "$top/deploy/packages.sh" install test

root=${VSW_FRESH_DIR:-$(mktemp -d /var/tmp/vsw-fresh.XXXXXX)}
mkdir -p "$root"
root=$(cd "$root" && pwd -P)
mounts=(proc sys dev)

unmount_all() {
  local at
  # Deepest first; whatever the commands mounted below goes too.
  while read -r at; do umount "$at" 2>/dev/null || umount -l "$at" || true; done < <(
    awk -v root="$root" '$5 == root || index($5, root "/") == 1 { print $5 }' /proc/self/mountinfo |
      sort -r
  )
}

clean_up() {
  local status=$?
  unmount_all
  if awk -v root="$root" '$5 == root || index($5, root "/") == 1 { found = 1 }
    END { exit !found }' /proc/self/mountinfo; then
    echo "fresh.sh: something below $root is still mounted; nothing deleted" >&2
  elif [ "$keep" -eq 1 ]; then
    echo "fresh.sh: kept $root"
  else
    rm -rf --one-file-system "$root"
  fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The first address that serves suite $1 on this host, in either format of sources.
mirror_of_host() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } | awk -v suite="$1" '
    /^#/ { next }
    $1 == "URIs:" { uri = $2 }
    $1 == "Suites:" { for (i = 2; i <= NF; ++i) if ($i == suite && !found) found = uri }
    $1 == "deb" { for (i = 3; i <= NF; ++i) if ($i == suite && !found) found = $(i - 1) }
    END { print found }'
}

copy_apt_settings() {
  cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
  cp /etc/hosts "$root/etc/hosts" 2>/dev/null || true
  mkdir -p "$root/etc/apt/apt.conf.d"
  local file
  for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
    if [ -f "$file" ] && grep -qiE 'proxy|verify-|acquire::' "$file"; then
      cp "$file" "$root/etc/apt/apt.conf.d/"
    fi
  done
  if [ -d /usr/local/share/ca-certificates ]; then
    mkdir -p "$root/usr/local/share"
    cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
  fi
  local suite mirror
  for suite in bookworm bookworm-updates bookworm-security; do
    mirror=$(mirror_of_host "$suite")
    [ -z "$mirror" ] || echo "deb $mirror $suite main"
  done >"$root/etc/apt/sources.list"
}

mirror=$(mirror_of_host bookworm)
[ -n "$mirror" ] || { echo "fresh.sh: no source for bookworm in this host's apt settings" >&2; exit 1; }
if [ ! -x "$root/usr/bin/apt-get" ]; then
  echo "== a bare Debian 12 in $root"
  timeout 1200 debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -20 "$root.log" >&2; exit 1; }
  rm -f "$root.log"
fi
copy_apt_settings
# A machine's / is a mount point, and what makes mount namespaces counts on that.
mount --bind "$root" "$root"
mount --make-private "$root"
for name in "${mounts[@]}"; do
  mkdir -p "$root/$name"
  mount --rbind "/$name" "$root/$name"
  mount --make-rslave "$root/$name"
done

echo "== the committed tree, at $(git -C "$top" rev-parse --short HEAD)"
rm -rf "$root/root/vsw"
mkdir -p "$root/root/vsw"
git -C "$top" archive HEAD | tar -x -C "$root/root/vsw"

for command in "${commands[@]}"; do
  echo "== $command"
  start=$SECONDS
  # shellcheck disable=SC2086  # a command may bring its arguments
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 \
    CI="${CI:-}" timeout -k 30 5400 chroot "$root" /bin/bash -c "cd /root/vsw && exec $command" </dev/null
  echo "== $command ended well after $((SECONDS - start)) s"
done
echo "PASS: every command ended well on a bare Debian 12"
