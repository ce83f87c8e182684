# SPDX-License-Identifier: Apache-2.0
"""The machine that is measured on: its cores, its hugepages, what to say of it in a report."""

import contextlib
import datetime
import os
import pathlib
import platform
import re

CONTROL_CORE = 0     # of everything but forwarding, and of the traffic generator
FORWARDING_CORE = 1  # of the one worker
SWITCH_MIB = 1536
GUESTS_MIB = 512     # of the generator, with what DPDK takes beyond what it was told
_PAGES = pathlib.Path("/proc/sys/vm/nr_hugepages")


def hugepages():
    """Whether enough pages of 2 MiB are free for a switch."""
    found = re.search(r"HugePages_Free:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text("ascii"))
    return bool(found) and int(found.group(1)) * 2 >= SWITCH_MIB


def memory_words(mib=SWITCH_MIB):
    """What a DPDK program is told of its memory."""
    return ["-m", str(mib), *(["--in-memory"] if hugepages() else ["--no-huge", "--no-shconf"])]


@contextlib.contextmanager
def reserved_hugepages(switches=1):
    """Within the block there are enough hugepages for so many switches with their guests, where the
    kernel has them to give."""
    needed = (switches * (SWITCH_MIB + GUESTS_MIB) + 512) // 2  # pages of 2 MiB
    before = _PAGES.read_text("ascii").strip()
    try:
        if int(before) < needed:
            _PAGES.write_text(str(needed), "ascii")
        yield
    finally:
        _PAGES.write_text(before, "ascii")


@contextlib.contextmanager
def forwarding_core_left_alone():
    """This program, and what it starts meanwhile, runs on the control core."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CONTROL_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, everywhere)


def tsc_hz():
    """Cycles a second of the time-stamp counter, as the kernel tells the processor's frequency."""
    found = re.search(r"cpu MHz\s*:\s*([\d.]+)", pathlib.Path("/proc/cpuinfo").read_text("ascii"))
    return float(found.group(1)) * 1e6


def describe():
    """What a reader has to know to place the figures."""
    text = pathlib.Path("/proc/cpuinfo").read_text("ascii")
    model = re.search(r"model name\s*:\s*(.*)", text).group(1)
    return {
        "date": datetime.datetime.now().isoformat(timespec="minutes"),
        "processor": f"{model}, {tsc_hz() / 1e9:.2f} GHz",
        "kernel": platform.release(),
        "memory": "hugepages of 2 MiB" if hugepages() else "ordinary memory",
    }
