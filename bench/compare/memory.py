# SPDX-License-Identifier: Apache-2.0
"""What flows cost in memory: what the process holds of it, ordinary and in large pages, without any
and with as many as it caches."""

import pathlib
import re

from bench.compare.command import CommandFailed
from bench.compare.lab import await_cached, started
from bench.compare.peers.base import Sample


def _held(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    return 1024 * sum(int(re.search(rf"{name}:\s+(\d+) kB", text).group(1))
                      for name in ("VmRSS", "HugetlbPages"))


def of_a_flow(scenario, turn):
    """Bytes for each of the flows that are cached in the end."""
    with started(scenario, turn) as (switch, guests):
        before, cached = _held(switch.pid()), switch.cached_flows()
        guests.begin()
        counted = await_cached(switch, scenario.flows, turn.patience(60.0, 7.0)) - cached
        after = _held(switch.pid())
        if counted <= 0:
            raise CommandFailed(f"{turn.peer}: no flow was cached")
        return Sample((after - before) / counted, notes={"cached": counted})
