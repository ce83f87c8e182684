# SPDX-License-Identifier: Apache-2.0
"""Pings and TCP transfers between endpoints (see endpoint.py)."""

import dataclasses
import re
import time


def ping(source, address, count=3, options="", timeout=30):
    """Pings; returns how many of `count` were answered."""
    _, output = source.run(f"ping -n -q -c {count} -i 0.1 -w {timeout - 5} {options} {address}",
                           timeout)
    found = re.search(r"(\d+) received", output)
    assert found, f"ping {address} said: {output}"
    # Late answers can come together with the last one that was waited for.
    return min(int(found.group(1)), count)


def ping_once(source, address, wait=4):
    """Sends a single ping; tells whether it was answered within `wait` seconds."""
    # With -w there would be another one each second until an answer comes.
    _, output = source.run(f"ping -n -q -c 1 -W {wait} {address}", wait + 10)
    return " 1 received" in output


def lost_pings(source, address, count=5, timeout=30):
    """Pings until `count` are answered; returns the numbers of those that were not, up to the last
    one that was."""
    _, output = source.run(f"ping -n -c {count} -i 0.1 -w {timeout - 5} {address}", timeout)
    numbers = {int(number) for number in re.findall(r"bytes from .*icmp_seq=(\d+)", output)}
    assert len(numbers) >= count, f"ping {address} said: {output}"
    return sorted(set(range(1, max(numbers))) - numbers)


def expect_ping(source, address, count=3, options=""):
    """Fails unless every ping is answered; the first may wait for ARP and a guest's link."""
    source.run(f"ping -n -q -c 1 -w 10 {address}", 20)
    answered = ping(source, address, count, options)
    assert answered == count, f"{answered} of {count} pings to {address} were answered"


def expect_silence(source, address, count=3):
    """Fails if a single ping is answered."""
    _, output = source.run(f"ping -n -q -c {count} -i 0.1 -w 1 {address}", 20)
    assert re.search(r" 0 received", output), f"{address} answers, and must not: {output}"


@dataclasses.dataclass
class PingResult:
    """What a Pinger saw. `gap_ms` is the longest time between two answers."""

    sent: int
    received: int
    gap_ms: float

    @property
    def lost(self):
        """Pings without an answer."""
        return self.sent - self.received

    def __str__(self):
        return f"{self.received} of {self.sent} answered, longest gap {self.gap_ms:.0f} ms"


class Pinger:
    """A ping that goes on in the background from start() to stop()."""

    def __init__(self, source, address, interval=0.02):
        self.source = source
        self.address = address
        self.interval = interval
        self._file = f"{source.scratch}/ping.{time.monotonic_ns()}"
        self._mark = 0

    def start(self):
        """Starts it and returns once answers come in."""
        # 120 s bound it, should nobody stop it. The last answer may be on its way when it stops.
        self.source.check(f"ping -n -D -O -i {self.interval} -w 120 {self.address} "
                          f">{self._file} 2>&1 </dev/null & echo $! >{self._file}.pid")
        deadline = time.monotonic() + 20
        while self.source.run(f"grep -q 'bytes from' {self._file}")[0] != 0:
            assert time.monotonic() < deadline, f"{self.address} does not answer"
            time.sleep(0.1)
        return self

    def answered_since_mark(self):
        """Tells whether answers have come in since the previous call."""
        answered = int(self.source.check(f"grep -c 'bytes from' {self._file} || true"))
        known, self._mark = self._mark, answered
        return answered > known

    def stop(self):
        """Ends it; returns the PingResult."""
        self.source.run(f"kill -INT $(cat {self._file}.pid); sleep 0.5")
        output = self.source.check(f"cat {self._file}")
        times = [float(stamp) for stamp in re.findall(r"^\[([\d.]+)\] \d+ bytes from", output,
                                                      re.MULTILINE)]
        numbers = {int(number) for number in re.findall(r"bytes from .*icmp_seq=(\d+)", output)}
        sent = int(re.search(r"(\d+) packets transmitted", output).group(1))
        # The answers to the last ones may have been on their way when it was stopped: a quarter of a
        # second of them is not judged. A way that broke for longer shows as loss.
        unanswered = sent - max(numbers, default=0)
        if unanswered * self.interval <= 0.25:
            sent -= unanswered
        gaps = [later - sooner for sooner, later in zip(times, times[1:])]
        return PingResult(sent, len(numbers), 1000 * max(gaps, default=0.0))


def transfer(receiver, sender, address, mib=16, timeout=120):
    """Moves `mib` MiB by TCP from sender, which has `address`, to receiver, and compares checksums.

    Returns the rate in Mbit/s, which is printed and never judged.
    """
    size = mib << 20
    folder = f"{sender.scratch}/www"
    # Random, so that any piece lost, doubled or out of place changes the sum.
    sender.check(f"mkdir -p {folder} && head -c {size} /dev/urandom >{folder}/data && "
                 f"{{ busybox httpd -f -p 8000 -h {folder} >/dev/null 2>&1 </dev/null & "
                 f"echo $! >{folder}.pid; }}", timeout)
    try:
        wanted = sender.check(f"md5sum <{folder}/data").split()[0]
        # The server may need a moment to listen.
        got = receiver.check(
            f"cd {receiver.scratch}; for try in 1 2 3 4 5; do sleep 0.2; "
            "read start rest </proc/uptime; "
            f"timeout 60 busybox wget -q -O got http://{address}:8000/data && break; done; "
            "read end rest </proc/uptime; wc -c <got; md5sum <got; echo $start $end; rm -f got",
            timeout).split()
    finally:
        sender.run(f"kill $(cat {folder}.pid); rm -rf {folder}")
    assert int(got[0]) == size, f"{got[0]} of {size} bytes arrived"
    assert got[1] == wanted, "what arrived is not what was sent"
    seconds = max(float(got[-1]) - float(got[-2]), 0.01)
    rate = size * 8 / seconds / 1e6
    print(f"  {mib} MiB, checksum right, {rate:.0f} Mbit/s")
    return rate
