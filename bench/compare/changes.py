# SPDX-License-Identifier: Apache-2.0
"""Rules that change while packets flow."""

import contextlib
import statistics
import subprocess
import threading
import time

from bench.compare.command import CommandFailed
from bench.compare.guests import losses
from bench.compare.lab import await_cached, started
from bench.compare.openflow import ADD, DELETE_STRICT, Connection, flow_mod
from bench.compare.peers.base import Sample

PER_SECOND = 10_000
_STEP_SECONDS = 0.01
_RULES = 10_000  # that come and go, and match nothing that is sent
_ELSEWHERE = 0xC0A80000  # 192.168.0.0
_TIMES = 3  # that the rate is counted without changes and with them
_OUTSTANDING = 4  # batches without an answer, when it is the highest rate that is looked for
_BATCH = 1000


def _batches(size):
    """Without end, in parts of `size`: each rule is added, then each deleted, and so on."""
    parts = []
    for command in (ADD, DELETE_STRICT):
        mods = [flow_mod(command, 100, _ELSEWHERE + i) for i in range(_RULES)]
        parts += [b"".join(mods[i:i + size]) for i in range(0, _RULES, size)]
    while True:
        yield from parts


def _pace(link, batches, seconds):
    """PER_SECOND changes a second for so long; returns how many a second were answered in time."""
    start, sent = time.monotonic(), 0
    while (passed := time.monotonic() - start) < seconds:
        if sent * _STEP_SECONDS > passed:
            time.sleep(sent * _STEP_SECONDS - passed)
        link.send(next(batches), sent + 1)
        sent += 1
        link.await_barrier()
    return sent * PER_SECOND * _STEP_SECONDS / (time.monotonic() - start)


def _highest(link, batches, seconds):
    """As many as it takes; changes a second."""
    start, sent, answered = time.monotonic(), 0, 0
    while time.monotonic() - start < seconds or answered < sent:
        if time.monotonic() - start < seconds and sent - answered < _OUTSTANDING:
            sent += 1
            link.send(next(batches), sent)
            continue
        answered = link.await_barrier()
    return answered * _BATCH / (time.monotonic() - start)


@contextlib.contextmanager
def _busy_neighbour():
    """The control core always has something to do, with changes and without: what the forwarding
    core loses to its sibling does not count."""
    program = subprocess.Popen(["nice", "-n", "19", "sh", "-c", "while :; do :; done"])
    try:
        yield
    finally:
        program.kill()
        program.wait()


def _rate(meter, seconds):
    """Packets a second; asked for by a connection, since to start a program takes long where there
    is so much to do."""
    before, start = meter.tx_packets(2)
    time.sleep(seconds)
    after, end = meter.tx_packets(2)
    return (after - before) / (end - start)


def kept(scenario, turn):
    """The share of the rate that is left while PER_SECOND rules a second change."""
    without, changing, reached = [], [], []
    with started(scenario, turn) as (switch, _), _busy_neighbour(), \
            contextlib.closing(Connection(switch.openflow())) as link, \
            contextlib.closing(Connection(switch.openflow())) as meter:
        time.sleep(turn.settle(scenario))
        batches = _batches(round(PER_SECOND * _STEP_SECONDS))
        next(batches)
        for _ in range(_TIMES):
            without.append(_rate(meter, turn.seconds))
            controller = threading.Thread(
                target=lambda: reached.append(_pace(link, batches, turn.seconds + 0.5)))
            controller.start()
            time.sleep(0.2)
            changing.append(_rate(meter, turn.seconds))
            controller.join()
        highest = _highest(link, _batches(_BATCH), turn.seconds)
        if link.errors or len(reached) < _TIMES:
            raise CommandFailed(f"{turn.peer}: {link.errors} changes refused")
    return Sample(sum(changing) / sum(without),
                  notes={"before": round(statistics.mean(without)),
                         "changes": round(statistics.mean(reached)), "highest": round(highest)})


def _longest_gap(reports):
    return max(report["gap_us"] for report in reports) / 1e6


def pause(destination=None):
    """Makes what measures the longest time without a packet around one change: a rule for what goes
    to `destination`, or for all packets."""
    def measure(scenario, turn):
        with started(scenario, turn) as (switch, guests):
            guests.begin()
            guests.await_traffic()
            cached = await_cached(switch, scenario.flows, turn.patience(60.0, 7.0))
            time.sleep(1.0)
            known = len(guests.reports())
            message = flow_mod(ADD, 20, destination, in_port=1)
            with contextlib.closing(Connection(switch.openflow())) as link:
                start = time.monotonic()
                link.send(message, 1)
                link.await_barrier()
                answered = time.monotonic() - start
            time.sleep(turn.patience(3.0, 1.0))
            reports = guests.reports()
            quiet, around = reports[known - 3:known], reports[known:]
            return Sample(_longest_gap(around), notes=losses(guests.stop()) | {
                "cached": cached, "gap_before": _longest_gap(quiet), "answered": answered})
    return measure
