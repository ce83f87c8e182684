# SPDX-License-Identifier: Apache-2.0
"""Rule sets and traces in ClassBench's format, as OpenFlow rules and frames."""

import gzip
import os
import pathlib
import random
import re

from bench.compare import capture

FOLDER = pathlib.Path(os.environ.get(
    "VSW_TEST_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared" / "data")) / "classbench"
_LINE = re.compile(r"@(\S+)\s+(\S+)\s+(\d+) : (\d+)\s+(\d+) : (\d+)\s+0x(\w+)/0x(\w+)")
TCP, UDP = 6, 17


def _read(name):
    with gzip.open(FOLDER / name, "rt", encoding="ascii") as lines:
        yield from lines


def available(name):
    """Whether the rule set is beside this checkout."""
    return (FOLDER / f"{name}1_10k.rules.gz").exists()


def _prefixes(low, high):
    """The fewest (value, mask) of 16 bits that make up low..high."""
    while low <= high:
        size = 1
        while low % (size * 2) == 0 and low + size * 2 - 1 <= high and size < 0x10000:
            size *= 2
        yield low, 0x10000 - size
        low += size


def _ports(word, low, high):
    if (low, high) == (0, 0xFFFF):
        return [""]
    return [f",{word}={value:#x}/{mask:#x}" for value, mask in _prefixes(low, high)]


def rules(name):
    """The set as text; a rule whose ports are ranges becomes several."""
    texts = []
    for number, line in enumerate(_read(f"{name}1_10k.rules.gz")):
        found = _LINE.match(line)
        source, destination = found.group(1), found.group(2)
        ranges = list(map(int, found.group(3, 4, 5, 6)))
        protocol, mask = int(found.group(7), 16), int(found.group(8), 16)
        word = {TCP: "tcp", UDP: "udp"}.get(protocol if mask else -1)
        match = word or ("ip" if not mask else f"ip,nw_proto={protocol}")
        # Ports of a rule without a protocol have no field in OpenFlow: it holds for any.
        pairs = [(a, b) for a in _ports(f"{word}_src", *ranges[:2])
                 for b in _ports(f"{word}_dst", *ranges[2:])] if word else [("", "")]
        texts += [f"priority={60000 - number},{match},nw_src={source},nw_dst={destination}{a}{b},"
                  "actions=output:2" for a, b in pairs]
    return texts


def _within(prefix, chance):
    address, _, length = prefix.partition("/")
    number = sum(int(part) << shift for part, shift in zip(address.split("."), (24, 16, 8, 0)))
    free = (1 << (32 - int(length))) - 1
    return (number & ~free) | (chance.getrandbits(32) & free)


def _headers_of_rules(name, count):
    """Headers inside rules chosen by chance, for sets that come without a trace."""
    chance = random.Random(capture.SEED)
    lines = [_LINE.match(line) for line in _read(f"{name}1_10k.rules.gz")]
    for found in chance.choices(lines, k=count):
        protocol = int(found.group(7), 16) if int(found.group(8), 16) else TCP
        yield (_within(found.group(1), chance), _within(found.group(2), chance),
               chance.randint(*map(int, found.group(3, 4))),
               chance.randint(*map(int, found.group(5, 6))), protocol)


def _headers_of_trace(name):
    for line in _read(f"{name}1_10k.trace.gz"):
        yield tuple(map(int, line.split()[:5]))


def frames(name, count=20_000):
    """The set's own trace in its order if there is one, else headers that its rules match."""
    traced = (FOLDER / f"{name}1_10k.trace.gz").exists()
    headers = _headers_of_trace(name) if traced else _headers_of_rules(name, count)
    return [capture.ipv4(source, destination, protocol, ports)
            for source, destination, *ports, protocol in headers]
