# SPDX-License-Identifier: Apache-2.0
"""Peers on vhost sockets that talk nonsense, stop in the middle, or take their memory away."""

import os
import random
import socket
import struct
import time

from lib.case import main, wait_until
from lib.traffic import Pinger, expect_ping

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, SET_VRING_KICK, SET_VRING_CALL = 8, 9, 10, 12, 13
VERSION_1 = 1 << 32
MEMORY = 4 << 20
RING = 256


def connect(path):
    """Returns a connection to the switch's socket."""
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(5)
    peer.connect(str(path))
    return peer


def message(request, payload=b"", size=None):
    """Returns a vhost-user message, by default with its true size."""
    return struct.pack("<III", request, 1, len(payload) if size is None else size) + payload


def tell(peer, data, *descriptors):
    """Sends; a switch that has closed the connection meanwhile is fine."""
    try:
        if descriptors:
            socket.send_fds(peer, [data], list(descriptors))
        else:
            peer.sendall(data)
        return True
    except OSError:
        return False


def nonsense(path, seed):
    """Random octets, headers that lie, and truncated messages."""
    rng = random.Random(seed)
    for _ in range(40):
        with connect(path) as peer:
            kind = rng.randrange(3)
            if kind == 0:
                tell(peer, rng.randbytes(rng.randrange(1, 4096)))
            elif kind == 1:
                tell(peer, message(rng.randrange(0, 64), rng.randbytes(rng.randrange(64)),
                                   size=rng.choice([0, 1, 7, 4096, 0x7FFFFFFF, 0xFFFFFFFF])))
            else:
                whole = message(SET_MEM_TABLE, rng.randbytes(264))
                tell(peer, whole[:rng.randrange(1, len(whole))])


def set_up(path, addresses):
    """Plays a guest's monitor up to kicking two rings; returns (peer, memory, kicks)."""
    peer = connect(path)
    memory = os.memfd_create("guest")
    os.ftruncate(memory, MEMORY)
    tell(peer, message(SET_OWNER))
    tell(peer, message(SET_FEATURES, struct.pack("<Q", VERSION_1)))
    region = struct.pack("<IIQQQQ", 1, 0, 0, MEMORY, 0x7F0000000000, 0)
    tell(peer, message(SET_MEM_TABLE, region), memory)
    kicks = []
    for index in (0, 1):
        kick, call = os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0, os.EFD_NONBLOCK)
        kicks += [kick, call]
        base = 0x7F0000000000 + index * 0x20000
        desc, used, avail = [base + offset for offset in addresses]
        tell(peer, message(SET_VRING_NUM, struct.pack("<II", index, RING)))
        tell(peer, message(SET_VRING_BASE, struct.pack("<II", index, 0)))
        tell(peer, message(SET_VRING_ADDR,
                           struct.pack("<IIQQQQ", index, 0, desc, used, avail, 0)))
        tell(peer, message(SET_VRING_CALL, struct.pack("<Q", index)), call)
        tell(peer, message(SET_VRING_KICK, struct.pack("<Q", index)), kick)
    return peer, memory, kicks


def fill_ring(memory, rng):
    """Puts random descriptors into the transmit ring and offers all of them."""
    base = 0x20000
    os.pwrite(memory, rng.randbytes(RING * 16), base)
    heads = b"".join(struct.pack("<H", rng.randrange(0, 0x10000)) for _ in range(RING))
    os.pwrite(memory, struct.pack("<HH", 0, RING) + heads, base + 0x8000)


def close_all(peer, memory, descriptors):
    """Ends one peer."""
    peer.close()
    os.close(memory)
    for descriptor in descriptors:
        os.close(descriptor)


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    one = case.veth_host(switch, "br0", "one", "10.0.0.1/24")
    case.veth_host(switch, "br0", "two", "10.0.0.2/24")
    path = case.folder / "evil.sock"
    switch.ctl("add-port", "br0", "evil", "type=vhost-user", f"path={path}")
    expect_ping(one, "10.0.0.2")
    forwarder = switch.pid("vswitchd")
    pinger = Pinger(one, "10.0.0.2").start()
    seed = int(os.environ.get("VSW_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"  VSW_SEED={seed}")
    rng = random.Random(seed)

    case.step("nonsense")
    nonsense(path, seed)
    case.step("random descriptors in a ring that was set up well")
    for _ in range(8):
        peer, memory, kicks = set_up(path, (0, 0x10000, 0x8000))
        fill_ring(memory, rng)
        for kick in kicks[::2]:
            os.eventfd_write(kick, 1)
        time.sleep(0.2)
        close_all(peer, memory, kicks)
    case.step("rings at addresses that are not in the memory")
    close_all(*set_up(path, (MEMORY, 0xFFFFFFFFFF, 0x123)))
    case.step("the memory is cut off while the rings are in use")
    for _ in range(4):
        peer, memory, kicks = set_up(path, (0, 0x10000, 0x8000))
        fill_ring(memory, rng)
        os.ftruncate(memory, 0)
        for kick in kicks[::2]:
            os.eventfd_write(kick, 1)
        # Flooded frames make the switch touch the receive ring too.
        one.run("ping -b -c 1 -w 1 10.0.0.255")
        close_all(peer, memory, kicks)

    case.step("the switch is the same process, and nobody else has noticed")
    time.sleep(0.5)
    result = pinger.stop()
    print(f"  ping all the while: {result}")
    assert switch.pid("vswitchd") == forwarder, "vswitchd has died"
    assert result.lost == 0, result
    wait_until(lambda: not switch.failed_ports(), "the port waits for a better peer")
    connect(path).close()


main(body)
