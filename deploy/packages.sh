#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The one list of Debian 12 packages that vsw needs, and the verb that installs them.
#
#   deploy/packages.sh list    [GROUP ...]   print the packages of the groups
#   deploy/packages.sh missing [GROUP ...]   print those that are not installed
#   deploy/packages.sh install [GROUP ...]   install what is missing (needs root)
#
# Groups: build, run, test (the default: these three), bench (peers to measure against), fuzz and
# lint. Nothing is downloaded when nothing is missing.
set -euo pipefail

# ccache and mold are picked up by CMake when present; they only save time.
build_packages=(
  ccache cmake g++ git libabsl-dev libbenchmark-dev libcli11-dev libdpdk-dev libfmt-dev
  libgmock-dev libgrpc++-dev libgtest-dev libmnl-dev libprotobuf-dev libspdlog-dev
  libsqlite3-dev libssl-dev libsystemd-dev liburing-dev make mold ninja-build pkg-config
  prometheus-cpp-dev protobuf-compiler protobuf-compiler-grpc
)

# What the daemons and deploy/vsw use besides the libraries that the build group brings.
run_packages=(bash coreutils iproute2 procps util-linux)

# Guests (kernel package, busybox, emulator), traffic tools, and what fresh.sh and linting need.
test_packages=(
  busybox-static ca-certificates cpio debootstrap ethtool iperf3 iputils-ping kmod libvirt-clients
  libvirt-daemon openvswitch-common openvswitch-switch openvswitch-testcontroller python3
  python3-grpcio python3-os-ken python3-scapy qemu-system-x86 shellcheck tcpdump tshark
)

# Peers of bench/run.sh.
bench_packages=(dpdk-dev ethtool iperf3 iputils-ping openvswitch-switch openvswitch-switch-dpdk python3)

# Fuzz targets are built with clang: its libFuzzer and sanitizers.
fuzz_packages=(clang libclang-rt-14-dev llvm python3)

lint_packages=(clang-format clang-tidy)

packages_of() {
  local group
  for group in "$@"; do
    case "$group" in
      build) printf '%s\n' "${build_packages[@]}" ;;
      run) printf '%s\n' "${run_packages[@]}" ;;
      test) printf '%s\n' "${test_packages[@]}" ;;
      bench) printf '%s\n' "${bench_packages[@]}" ;;
      fuzz) printf '%s\n' "${fuzz_packages[@]}" ;;
      lint) printf '%s\n' "${lint_packages[@]}" ;;
      *)
        echo "packages.sh: no group '$group'; the groups are build, run, test, bench, fuzz, lint" >&2
        return 1
        ;;
    esac
  done
}

# One question for all of them: asked for each, it takes seconds.
missing_of() {
  local names
  mapfile -t names < <(packages_of "$@")
  comm -23 <(printf '%s\n' "${names[@]}" | sort -u) <(
    dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${names[@]}" 2>/dev/null |
      awk '$1 == "installed" { print $2 }' | sort -u
  )
}

install_missing() {
  local wanted
  mapfile -t wanted < <(missing_of "$@")
  if [ "${#wanted[@]}" -eq 0 ]; then
    echo "all packages are installed"
    return 0
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "packages.sh: installing needs root; missing: ${wanted[*]}" >&2
    return 1
  fi
  echo "installing ${#wanted[@]} packages: ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  timeout -k 10 300 apt-get -q update
  timeout -k 10 1500 apt-get -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "${wanted[@]}"
  mapfile -t wanted < <(missing_of "$@")
  if [ "${#wanted[@]}" -ne 0 ]; then
    echo "packages.sh: still missing after the installation: ${wanted[*]}" >&2
    return 1
  fi
}

main() {
  local verb=${1:-help}
  shift || true
  [ $# -gt 0 ] || set -- build run test
  packages_of "$@" >/dev/null
  case "$verb" in
    list) packages_of "$@" ;;
    missing) missing_of "$@" ;;
    install) install_missing "$@" ;;
    *)
      sed -n '3,10s/^# \{0,1\}//p' "$0" >&2
      [ "$verb" = help ] && exit 0
      exit 1
      ;;
  esac
}

main "$@"
