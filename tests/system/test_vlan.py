# SPDX-License-Identifier: Apache-2.0
"""Each VLAN mode lets through, tags and untags what it should, and nothing else."""

from lib.case import main
from lib.frames import TEST_MAC, Watch, frame, send
from lib.traffic import expect_ping, expect_silence

# Port: its settings, and the address of the host behind it.
PORTS = {
    "a10": (["tag=10"], "10.0.0.1/24"),
    "b10": (["tag=10"], "10.0.0.2/24"),
    "c20": (["tag=20"], "10.0.0.3/24"),
    "trunk": ([], ""),
    "trunk10": (["trunks=10"], ""),
    "native": (["vlan-mode=native-untagged", "tag=10"], ""),
    "natag": (["vlan-mode=native-tagged", "tag=10"], ""),
    "prio": (["tag=10", "priority-tags=always"], ""),
    "tunnel": (["vlan-mode=dot1q-tunnel", "tag=30"], ""),
}

# Sender, tag that it sends (None: untagged), and what each other port then sees.
EXPECTED = [
    ("a10", None, {"b10": [None], "c20": [], "trunk": [10], "trunk10": [10], "native": [None],
                   "natag": [10], "prio": [0], "tunnel": []}),
    ("a10", 10, {"b10": [], "c20": [], "trunk": [], "native": []}),
    ("a10", 0, {"b10": [None], "c20": [], "trunk": [10]}),
    ("c20", None, {"a10": [], "b10": [], "trunk": [20], "trunk10": [], "native": [20],
                   "natag": [20]}),
    ("trunk", 10, {"a10": [None], "c20": [], "trunk10": [10]}),
    ("trunk", 20, {"a10": [], "c20": [None], "trunk10": [], "native": [20]}),
    ("trunk10", 20, {"c20": [], "trunk": [], "native": []}),
    ("trunk10", None, {"a10": [], "trunk": []}),
    ("native", None, {"a10": [None], "c20": [], "trunk": [10], "natag": [10]}),
    ("natag", None, {"a10": [None], "trunk": [10], "native": [None]}),
    ("tunnel", None, {"a10": [], "trunk": [30]}),
    ("tunnel", 10, {"a10": [], "b10": [], "trunk": [30]}),
]


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    hosts = {name: case.veth_host(switch, "br0", name, address, *settings)
             for name, (settings, address) in PORTS.items()}
    assert not switch.failed_ports(), switch.failed_ports()

    case.step("pings within VLAN 10 pass, from VLAN 10 to 20 they do not")
    expect_ping(hosts["a10"], "10.0.0.2")
    expect_silence(hosts["a10"], "10.0.0.3")

    for number, (sender, tag, seen) in enumerate(EXPECTED, 1):
        case.step(f"{sender} sends {'an untagged frame' if tag is None else f'tag {tag}'}")
        watches = {name: Watch(hosts[name], "eth0") for name in seen}
        for watch in watches.values():
            watch.__enter__()
        send(hosts[sender], "eth0", frame(f"{TEST_MAC}{number:02x}", vlan=tag))
        for name, watch in watches.items():
            watch.__exit__()
            assert watch.tags() == seen[name], f"{name} saw {watch.tags()}, not {seen[name]}"

    case.step("what was not allowed is counted by port and reason")
    drops = switch.drops()
    assert any(port == "trunk10" for port, _ in drops), drops

    case.step("a changed tag holds at once")
    switch.ctl("set", "port", "c20", "tag=10")
    expect_ping(hosts["a10"], "10.0.0.3")
    switch.ctl("set", "port", "c20", "tag=20")
    expect_silence(hosts["a10"], "10.0.0.3")


main(body)
