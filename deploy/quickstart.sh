#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a fresh Debian 12 to a running switch: installs, builds, starts both daemons, and lets two
# virtual machines and a host talk over one bridge.
#
#   deploy/quickstart.sh           show it, then clean up
#   deploy/quickstart.sh --keep    leave it running, and say what to type next
#   deploy/quickstart.sh --clean   end what --keep has left
#
# Ends with PASS or FAIL and the exit status 0 or 1. Everything lives in a folder and in network
# namespaces of its own, so that the host's network stays as it is and several may run at once.
# shellcheck disable=SC2016  # text for on() is expanded where it runs
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
bin=$top/build/release/bin
prefix=/tmp/vsw-quickstart
keep=
run=
task=  # process that quietly() waits for
step=0

say() { printf '      %s\n' "$*"; }

title() {
  step=$((step + 1))
  printf '\n[%2d] %s   (%d s)\n' "$step" "$*" "$SECONDS"
}

fail() {
  echo "quickstart: $*" >&2
  exit 1
}

# Shows a command as one would type it, runs it and indents what it says.
shown() {
  local status
  printf '      $ %s\n' "$*"
  set +e
  "$@" 2>&1 | sed 's/^/      /'
  status=${PIPESTATUS[0]}
  set -e
  return "$status"
}

# Runs a long command with its output in a file, the end of which is shown if it fails. In the
# background, since only waiting for it can be interrupted at once.
quietly() {
  local log=$1 limit=$2 start=$SECONDS status=0
  shift 2
  timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null &
  task=$!
  wait "$task" || status=$?
  task=
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log" >&2
    fail "'$*' failed, or took longer than $limit s; all it said is above or in $log"
  fi
  say "$* ($((SECONDS - start)) s)"
}

vswctl() { "$bin/vswctl" --target "$run/vsw/mgmt.sock" "$@"; }

vm() { "$top/deploy/guest/vm" "$@"; }

# on WHO COMMAND: runs shell text in vm1, vm2 or host.
on() {
  case "$1" in
    host) timeout --foreground -k 5 120 nsenter --net=/run/netns/"$space-host" sh -c "cd $run/host; $2" </dev/null ;;
    *) vm run --timeout 120 "$run" "$1" "cd /tmp; $2" ;;
  esac
}

ping_between() {
  local from=$1 to=$2 address=$3 answered
  answered=$(on "$from" "ping -n -q -c 1 -w 10 $address >/dev/null
    ping -n -q -c 10 -i 0.05 -w 10 $address" | sed -n 's/.* \([0-9]*\) received.*/\1/p')
  say "$from -> $to ($address): ${answered:-0} of 10 answered"
  [ "${answered:-0}" -eq 10 ] || fail "$to does not answer $from as it should"
}

# Serves data at FROM and fetches them to TO by TCP; says amount, rate and whether they are the same.
transfer() {
  local from=$1 to=$2 address=$3 size=$((32 * 1048576)) sent got
  # Random, so that any piece lost or out of place changes the checksum.
  sent=$(on "$from" "mkdir -p www; head -c $size /dev/urandom >www/data; md5sum <www/data
    busybox httpd -f -p 8000 -h www >/dev/null 2>&1 </dev/null & echo \$! >httpd.pid")
  got=$(on "$to" "for try in 1 2 3 4 5; do
      sleep 0.2; read start rest </proc/uptime
      timeout 60 busybox wget -q -O got http://$address:8000/data && break
    done; read end rest </proc/uptime
    set -- \$(wc -c <got) \$(md5sum <got); echo \$1 \$2 \$start \$end; rm -f got")
  on "$from" 'kill $(cat httpd.pid); rm -rf www'
  awk -v sent="${sent%% *}" -v size="$size" -v way="$from -> $to" -v got="$got" 'BEGIN {
    split(got, part, " ")
    seconds = part[4] - part[3]; if (seconds < 0.01) seconds = 0.01
    right = part[1] == size && part[2] == sent
    printf "      %s: %.1f MiB in %.2f s, %.0f Mbit/s, checksum %s\n", way, part[1] / 1048576,
      seconds, part[1] * 8 / seconds / 1e6, right ? "right" : "WRONG"
    exit !right }' || fail "what $to received is not what $from sent"
}

# The TAP's device goes into the host's namespace; the daemon keeps its other side.
attach_tap() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    nsenter --net=/run/netns/"$space-sw" ip link show tap0 >/dev/null 2>&1 && break
    sleep 0.1
  done
  nsenter --net=/run/netns/"$space-sw" ip link set tap0 netns "$space-host" || fail "there is no device tap0"
  nsenter --net=/run/netns/"$space-host" ip address add 10.10.0.3/24 dev tap0
  nsenter --net=/run/netns/"$space-host" ip link set tap0 up
}

# Kills vswitchd during a ping from vm1 to vm2, and says how long no answer came.
show_restart() {
  local before after tries
  before=$(cat "$run/vsw/supervisor/vswitchd.pid")
  on vm1 'ping -n -D -O -i 0.05 -w 90 10.10.0.2 >ping.txt 2>&1 </dev/null & echo $! >ping.pid'
  sleep 1
  say "kill -9 $before (vswitchd)"
  kill -9 "$before"
  sleep 1
  on vm1 'grep -c "bytes from" ping.txt >mark || true'
  for ((tries = 0; tries < 60; tries++)); do
    on vm1 '[ $(grep -c "bytes from" ping.txt) -gt $(cat mark) ]' && break
    sleep 0.5
  done
  [ "$tries" -lt 60 ] || fail "the guests did not resume after vswitchd was killed"
  sleep 1
  after=$(cat "$run/vsw/supervisor/vswitchd.pid")
  [ "$after" != "$before" ] || fail "vswitchd was not restarted"
  say "restarted as process $after by the supervisor; the guests went on by themselves"
  on vm1 'kill -INT $(cat ping.pid); sleep 0.3; cat ping.txt' | awk '
    /bytes from/ { now = substr($1, 2) + 0; if (last && now - last > gap) gap = now - last; last = now }
    END { printf "      longest time without an answer: %.0f ms\n", gap * 1000 }'
}

# End what runs in the folder $1, and remove it. Everything is found by what the folder records.
end_run() {
  local folder=$1 name pid
  name=$(cat "$folder/space" 2>/dev/null || true)
  vm stop "$folder" vm1 || true
  vm stop "$folder" vm2 || true
  "$top/deploy/vsw" stop --run-dir "$folder/vsw" >/dev/null || true
  for pid in $([ -z "$name" ] || ip netns pids "$name-host" 2>/dev/null); do kill -9 "$pid" || true; done
  if [ -n "$name" ]; then
    ip netns del "$name-sw" 2>/dev/null || true
    ip netns del "$name-host" 2>/dev/null || true
  fi
  rm -rf "$folder"
}

finish() {
  local status=$?
  trap '' INT TERM HUP
  trap - EXIT
  set +e
  if [ -n "$task" ]; then
    # It passes the signal on to all that it has started.
    kill -TERM "$task" && wait "$task"
  fi 2>/dev/null
  if [ "$status" -ne 0 ] && [ -n "$run" ]; then
    tail -n 15 "$run"/vsw/{vswitchd,vswmgrd}.log 2>/dev/null
  fi
  if [ "$status" -eq 0 ] && [ -n "$keep" ]; then
    rm -f "$run/owner"
    print_next
  elif [ -n "$run" ]; then
    printf '\nCleaning up\n'
    end_run "$run"
  fi
  if [ "$status" -eq 0 ]; then
    printf '\nPASS\n'
  else
    printf '\nFAIL\n'
    status=1
  fi
  exit "$status"
}

print_next() {
  cat <<END

It is still running, in $run. Type next:
  export VSW_TARGET=$run/vsw/mgmt.sock PATH=$bin:\$PATH
  vswctl show                                  the whole picture
  vswctl set port vm2 tag=10                   puts vm2 into VLAN 10, away from the others
  vswctl fdb show; vswctl stats; vswctl drops
  $top/deploy/guest/vm run $run vm1 ping -c 3 10.10.0.3
  ip netns exec $space-host ping -c 3 10.10.0.1
  tail $run/vsw/*.log
To end it:
  deploy/quickstart.sh --clean
END
}

clean_kept() {
  local folder owner found=0
  for folder in "$prefix".*; do
    [ -d "$folder" ] || continue
    owner=$(cat "$folder/owner" 2>/dev/null || true)
    if [ -n "$owner" ] && [ -d "/proc/$owner" ]; then
      echo "$folder is in use by process $owner; left alone"
      continue
    fi
    end_run "$folder"
    echo "ended $folder"
    found=1
  done
  [ "$found" -eq 1 ] || echo "nothing was left to end"
}

build() {
  quietly "$run/packages.log" 1800 "$top/deploy/packages.sh" install
  title "Build"
  cd "$top"
  quietly "$run/configure.log" 300 cmake --preset release
  quietly "$run/build.log" 3000 cmake --build build/release --target vswitchd vswmgrd vswctl
  title "The guests: Debian's cloud kernel, busybox, and $(nproc) cores to run them"
  quietly "$run/image.log" 1200 "$top/deploy/guest/image.sh"
  say "virtual machines run with $(vm accel)"
}

start_daemons() {
  title "Start vswitchd and vswmgrd"
  ip netns add "$space-sw"
  nsenter --net=/run/netns/"$space-sw" ip link set lo up
  ip netns add "$space-host"
  nsenter --net=/run/netns/"$space-host" ip link set lo up
  mkdir "$run/host"
  shown nsenter --net=/run/netns/"$space-sw" "$top/deploy/vsw" start --run-dir "$run/vsw" ||
    fail "the daemons did not start"
}

make_network() {
  local name
  title "A bridge with two vhost-user ports and a TAP"
  shown vswctl add-br br0
  for name in vm1 vm2; do
    shown vswctl add-port br0 "$name" type=vhost-user "path=$run/$name.sock"
  done
  shown vswctl add-port br0 tap0 type=tap
  attach_tap
  say "tap0 is the network device of the host, the namespace $space-host, with 10.10.0.3"
  title "Boot two virtual machines"
  vm start --nic "path=$run/vm1.sock,ip=10.10.0.1/24" "$run" vm1
  vm start --nic "path=$run/vm2.sock,ip=10.10.0.2/24" "$run" vm2
  vm wait "$run" vm1
  vm wait "$run" vm2
  say "vm1 is 10.10.0.1, vm2 is 10.10.0.2"
}

show_traffic() {
  title "Pings among all three"
  ping_between vm1 vm2 10.10.0.2
  ping_between vm2 vm1 10.10.0.1
  ping_between vm1 host 10.10.0.3
  ping_between vm2 host 10.10.0.3
  ping_between host vm1 10.10.0.1
  ping_between host vm2 10.10.0.2
  title "TCP from machine to machine, and between machine and host"
  transfer vm2 vm1 10.10.0.2
  transfer vm1 vm2 10.10.0.1
  transfer vm1 host 10.10.0.1
  transfer host vm2 10.10.0.3
}

show_state() {
  local where
  title "What the switch says"
  for where in show "fdb show" stats; do
    # shellcheck disable=SC2086  # two words are two arguments
    shown vswctl $where
  done
  [ "$(vswctl --format json fdb show | grep -c '"mac"')" -ge 1 ] || fail "no address was learned"
}

main() {
  case "${1:-}" in
    "") ;;
    --keep) keep=1 ;;
    --clean)
      clean_kept
      exit 0
      ;;
    *)
      sed -n '3,11s/^# \{0,1\}//p' "$0"
      exit 1
      ;;
  esac
  trap finish EXIT
  trap 'exit 1' INT TERM HUP
  echo "vsw quickstart: two virtual machines and a host talk over one bridge"
  [ "$(id -u)" -eq 0 ] || fail "run it as root: it makes network namespaces and TAP devices"
  run=$(mktemp -d "$prefix.XXXXXX")
  space=vswqs${run##*.}
  echo $$ >"$run/owner"
  echo "$space" >"$run/space"
  title "Packages"
  build
  start_daemons
  make_network
  show_traffic
  show_state
  title "vswitchd is killed while the machines ping"
  show_restart
  say "the TAP is where it was, with its address"
  ping_between host vm1 10.10.0.1
}

main "$@"
