#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the guest image that the quickstart and the system tests boot: Debian's cloud kernel, and an
# initramfs of busybox, a few network tools and deploy/guest/init.
#
# The kernel package is unpacked, never installed, so no boot loader or initramfs hook runs. Everything
# lands in $VSW_CACHE_DIR (default /var/cache/vsw), is made once, and is remade when its parts change.
# Prints the folder that holds `vmlinuz` and `initramfs`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${VSW_CACHE_DIR:-/var/cache/vsw}
kernel_meta=linux-image-cloud-amd64
modules=(virtio_pci virtio_net virtio_console 8021q)
# In the image, but loaded by those who want them: from /modules/tunnel, in order.
tunnel_modules=(geneve ip_gre ip6_gre)
tools=(dash ip ping iperf3 ethtool)

die() {
  echo "image.sh: $*" >&2
  exit 1
}

# Prints the name of the newest real kernel package behind the meta package.
kernel_package() {
  apt-cache depends "$kernel_meta" 2>/dev/null | awk '/Depends: linux-image-/ {print $2; exit}'
}

fetch_kernel() {
  local name
  [ -s "$cache/kernel/vmlinuz" ] && return 0
  name=$(kernel_package)
  if [ -z "$name" ]; then
    timeout -k 10 300 apt-get -q update >&2
    name=$(kernel_package)
  fi
  [ -n "$name" ] || die "apt knows no package $kernel_meta; are Debian's sources configured?"
  echo "fetching the guest kernel, $name" >&2
  rm -rf "$cache/kernel.new"
  mkdir -p "$cache/kernel.new/deb"
  # apt warns that its sandbox user cannot write here; that is harmless.
  if ! (cd "$cache/kernel.new/deb" && timeout -k 10 300 apt-get -q download "$name" 2>../log >&2); then
    # The lists may be older than the archive, which keeps only the newest version.
    timeout -k 10 300 apt-get -q update >&2
    name=$(kernel_package)
    (cd "$cache/kernel.new/deb" && timeout -k 10 300 apt-get -q download "$name" 2>../log >&2) ||
      die "could not download $name: $(cat "$cache/kernel.new/log")"
  fi
  dpkg-deb -x "$cache"/kernel.new/deb/*.deb "$cache/kernel.new/root"
  mv "$cache"/kernel.new/root/boot/vmlinuz-* "$cache/kernel.new/vmlinuz"
  rm -rf "$cache/kernel.new/deb" "$cache/kernel"
  mv "$cache/kernel.new" "$cache/kernel"
}

# Copies the modules into a folder in the order in which they load, as 00-a.ko, 01-b.ko, ...
copy_modules() {
  local folder=$1 version path number=0
  shift
  version=$(ls "$cache/kernel/root/lib/modules")
  depmod -b "$cache/kernel/root" "$version"
  mkdir -p "$folder"
  modprobe -d "$cache/kernel/root" -S "$version" --show-depends -a "$@" |
    awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$folder/order"
  while read -r path; do
    cp "$path" "$folder/$(printf '%02d' "$number")-$(basename "$path")"
    number=$((number + 1))
  done <"$folder/order"
  [ "$number" -gt 0 ] || die "the kernel package has none of the modules $*"
  rm "$folder/order"
}

# Copies a program of this host and the libraries that it loads.
copy_tool() {
  local root=$1 name=$2 path
  path=$(command -v "$name") || die "no program '$name'; run deploy/packages.sh install"
  cp -L "$path" "$root/bin/$name"
  ldd "$path" | awk '/=> \// {print $3} /^\t\/lib/ {print $1}' | while read -r path; do
    mkdir -p "$root$(dirname "$path")"
    cp -Lu "$path" "$root$path"
  done
}

make_initramfs() {
  local root name
  root=$(mktemp -d "$cache/initramfs.XXXXXX")
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,run}
  cp "$(busybox_path)" "$root/bin/busybox"
  "$root/bin/busybox" --list | grep -vx busybox |
    while read -r name; do ln -s busybox "$root/bin/$name"; done
  for name in "${tools[@]}"; do
    rm -f "$root/bin/$name"
    copy_tool "$root" "$name"
  done
  # busybox's own shell would run its applets in place of the tools above.
  mv "$root/bin/dash" "$root/bin/sh"
  copy_modules "$root/modules" "${modules[@]}"
  copy_modules "$root/modules/tunnel" "${tunnel_modules[@]}"
  install -m 755 "$here/init" "$root/init"
  (cd "$root" && find . | cpio --quiet -o -H newc) >"$cache/initramfs.new"
  mv "$cache/initramfs.new" "$cache/kernel/initramfs"
  rm -rf "$root"
}

busybox_path() {
  local path
  for path in /bin/busybox /usr/bin/busybox; do
    if [ -x "$path" ] && ! ldd "$path" >/dev/null 2>&1; then
      echo "$path"
      return 0
    fi
  done
  die "no static busybox; run deploy/packages.sh install"
}

stamp_of_parts() {
  local name
  {
    cat "$here/image.sh" "$here/init" "$(busybox_path)" "$cache/kernel/vmlinuz"
    for name in "${tools[@]}"; do cat "$(command -v "$name" || echo /dev/null)"; done
  } | sha256sum | cut -d' ' -f1
}

main() {
  local stamp
  [ "$(uname -m)" = x86_64 ] || die "guests are made for x86_64 only, this is $(uname -m)"
  PATH=$PATH:/usr/sbin:/sbin
  mkdir -p "$cache" || die "cannot write $cache; set VSW_CACHE_DIR to a folder that you may write"
  exec 9>"$cache/image.lock"
  flock -w 600 9 || die "another build of the guest image holds $cache/image.lock for 10 minutes"
  fetch_kernel
  stamp=$(stamp_of_parts)
  if [ "$(cat "$cache/kernel/stamp" 2>/dev/null)" != "$stamp" ]; then
    echo "building the guest's initramfs" >&2
    make_initramfs
    echo "$stamp" >"$cache/kernel/stamp"
  fi
  echo "$cache/kernel"
}

main
