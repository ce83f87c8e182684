# SPDX-License-Identifier: Apache-2.0
"""What is measured: one row a scenario."""

import dataclasses
import typing

from bench.compare import capture, classbench, tunnels

ONE_RULE = ("in_port=1,actions=output:2",)
# A megaflow for each flow: what is done depends on every bit of addresses and ports.
EXACT = ("priority=10,in_port=1,udp,actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],"
         "move:NXM_OF_IP_DST[]->NXM_NX_REG1[],move:NXM_OF_UDP_SRC[]->NXM_NX_REG2[0..15],"
         "move:NXM_OF_UDP_DST[]->NXM_NX_REG2[16..31],output:2",)
L4 = ("priority=10,in_port=1,udp,tp_dst=2000,actions=output:2",
      "priority=5,in_port=1,tcp,tp_dst=80,actions=drop")
OVS_WARM = ("defaults", "smc", "emc-always")
OVS_MANY = ("defaults", "flow-limit")


@dataclasses.dataclass(frozen=True)
class Scenario:
    """`frames()` and `rules()` make the input; `ovs_modes` are those worth trying."""

    name: str
    title: str
    reach: str
    aim: str
    frames: typing.Callable = None
    rules: typing.Callable = lambda: ONE_RULE
    flows: int = 1
    ovs_modes: tuple = OVS_WARM
    peers: tuple = ("vsw", "ovs", "testpmd")
    settle: float = 1.0       # seconds before anything is counted
    shuffled: bool = True
    vhost: str = ""           # "split" or "packed": between two guests
    order: str = "uniform"    # in which guests send their flows
    station: str = ""         # an address that is known behind port 2
    tunnel: tunnels.Tunnel = None
    tcp: bool = False         # bytes between two hosts instead of packets; see tcp.py
    frame_bytes: int = capture.FRAME_BYTES
    available: typing.Callable = lambda: True


def _short(count):
    return f"{count // 1000}k" if count >= 1000 else str(count)


def _l4(count, reach):
    return Scenario(f"l4-{_short(count)}", f"L4 rules, {_short(count)} flows in one megaflow",
                    reach, "macswap + 60 cycles", lambda: capture.udp_flows(count), lambda: L4,
                    flows=count)


def _exact(count, reach):
    return Scenario(f"exact-{_short(count)}", f"a megaflow for each of {_short(count)} flows", reach,
                    "at most 1.6x the cost at 1k", lambda: capture.udp_flows(count), lambda: EXACT,
                    flows=count, ovs_modes=OVS_WARM if count <= 1000 else OVS_MANY,
                    settle=1.0 if count <= 1000 else 12.0)


def _classbench(name):
    return Scenario(f"classbench-{name}", f"ClassBench {name}, 10,000 rules, warm", "3x ovs", "10x",
                    lambda: classbench.frames(name), lambda: classbench.rules(name), flows=100_000,
                    ovs_modes=OVS_MANY, settle=12.0, shuffled=False,
                    available=lambda: classbench.available(name))


def _masks(count):
    return Scenario(f"masks-{_short(count)}", f"{count} masks, 10k flows", "flat", "",
                    lambda: capture.masks(count, 10_000), lambda: capture.masks_rules(count),
                    flows=10_000, settle=4.0)


def _normal(count):
    def rules():
        return ("priority=0,actions=NORMAL",)
    return Scenario(f"normal-{_short(count)}", f"NORMAL, {_short(count)} addresses", "2x ovs",
                    "macswap + 60 cycles", lambda: capture.hosts(count), rules, flows=count,
                    ovs_modes=OVS_WARM if count <= 1000 else OVS_MANY,
                    settle=1.0 if count <= 1000 else 12.0, station=capture.STATION)


def _vhost(size, ring):
    return Scenario(f"vhost-{size}-{ring}", f"VM to VM, {size} bytes, {ring} ring", "1.3x ovs",
                    "90% of testpmd io", vhost=ring, frame_bytes=size - 4, flows=1000,
                    ovs_modes=("defaults",))


def _tunnel(kind, way, size):
    tunnel = tunnels.Tunnel(kind, way)
    peers = ("vsw", "ovs", "kernel") if kind == "vxlan" and way != "relay" else ("vsw", "ovs")
    titles = {"encap": "into", "decap": "out of", "relay": "from one to another"}
    return Scenario(f"tunnel-{kind}-{way}-{size}", f"{titles[way]} {kind}, {size} bytes inside",
                    "2.5x ovs", "", lambda: tunnels.frames(tunnel, size - 4, 1000),
                    lambda: tunnels.rules(tunnel), flows=1000, peers=peers, tunnel=tunnel)


ALL = {scenario.name: scenario for scenario in (
    Scenario("port-to-port", "port to port, one rule", "1.5x ovs", "macswap + 30 cycles",
             lambda: capture.udp_flows(1000), flows=1000),
    _l4(1, "1.7x ovs"), _l4(1000, "1.7x ovs"), _l4(10_000, "2.2x ovs"), _l4(100_000, "2.7x ovs"),
    _exact(1000, "1.7x ovs"), _exact(100_000, "3x ovs"),
    _classbench("acl"), _classbench("fw"), _classbench("ipc"),
    _masks(1), _masks(16), _masks(128), _masks(1000),
    _normal(1), _normal(1000), _normal(100_000),
    *(_vhost(size, ring) for ring in ("split", "packed") for size in (64, 512, 1518)),
    *(_tunnel(kind, way, size) for kind in tunnels.PORTS for way in ("encap", "decap", "relay")
      for size in (64, 1450)),
    Scenario("tunnel-vxlan-tcp", "TCP between guests on two hosts, through VXLAN", "", "",
             peers=("vsw", "ovs", "kernel"), ovs_modes=("defaults",), tcp=True),
)}
