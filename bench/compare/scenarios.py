# SPDX-License-Identifier: Apache-2.0
"""What is measured: one row a scenario."""

import dataclasses
import typing

from bench.compare import (attack, capture, changes, classbench, first_packets, idle, lab, memory,
                           tcp, tunnels, units)
from bench.compare.guests import Traffic
from bench.compare.units import Goal

ONE_RULE = ("in_port=1,actions=output:2",)
# A megaflow for each flow: what is done depends on every bit of addresses and ports.
_READ_ALL = ("move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],move:NXM_OF_IP_DST[]->NXM_NX_REG1[],"
             "move:NXM_OF_UDP_SRC[]->NXM_NX_REG2[0..15],move:NXM_OF_UDP_DST[]->NXM_NX_REG2[16..31]")
EXACT = (f"priority=10,in_port=1,udp,actions={_READ_ALL},output:2",)
# The same after nine tables that read registers, metadata and all layers.
TEN_TABLES = (
    "table=0,priority=9,in_port=1,actions=load:1->NXM_NX_REG4[],goto_table:1",
    "table=1,priority=9,dl_src=02:00:00:00:00:01,actions=goto_table:2",
    "table=2,priority=9,dl_dst=02:00:00:00:00:02,actions=goto_table:3",
    "table=3,priority=9,vlan_tci=0,actions=goto_table:4",
    "table=4,priority=9,ip,nw_dst=11.0.0.0/8,actions=goto_table:5",
    "table=5,priority=9,udp,tp_dst=2000,actions=load:2->NXM_NX_REG5[],goto_table:6",
    "table=6,priority=9,reg4=1,actions=goto_table:7",
    "table=7,priority=9,reg5=2,actions=write_metadata:1/1,goto_table:8",
    "table=8,priority=9,metadata=1/1,actions=goto_table:9",
    f"table=9,priority=10,udp,actions={_READ_ALL},output:2")
L4 = ("priority=10,in_port=1,udp,tp_dst=2000,actions=output:2",
      "priority=5,in_port=1,tcp,tp_dst=80,actions=drop")
NORMAL = ("priority=0,actions=NORMAL",)
OVS_WARM = ("defaults", "smc", "emc-always")
OVS_MANY = ("defaults", "flow-limit")
OVS_DEFAULTS = ("defaults",)
MILLION = 1_000_000
_NEVER_AGAIN = 4_000_000_000  # flows in turn: each packet is the first of its own
_SETUPS = 500_000             # of them; fewer than any cache holds


@dataclasses.dataclass(frozen=True)
class Scenario:
    """`frames()` or `guests` and `rules()` make the input, `measure` the figure."""

    name: str
    title: str
    goal: Goal = Goal()
    aim: str = ""
    frames: typing.Callable = None
    rules: typing.Callable = lambda: ONE_RULE
    flows: int = 1
    ovs_modes: tuple = OVS_WARM  # those worth trying
    peers: tuple = ("vsw", "ovs", "testpmd")
    floor: str = "macswap"       # what testpmd does
    settle: float = 1.0          # seconds before anything is counted
    fill: bool = False           # or until all flows are cached, if that is sooner
    shuffled: bool = True
    guests: Traffic = None
    station: str = ""            # an address that is known behind port 2
    tunnel: tunnels.Tunnel = None
    in_slices: bool = False      # all peers at once, which take turns: `measure` is not asked
    switches: int = 1            # in place at once, else
    measure: typing.Callable = lab.forward
    unit: units.Unit = units.PACKETS
    available: typing.Callable = lambda: True


def _short(count):
    for unit, letter in ((MILLION, "M"), (1000, "k")):
        if count >= unit:
            return f"{count // unit}{letter}"
    return str(count)


def _l4(count, times):
    return Scenario(f"l4-{_short(count)}", f"L4 rules, {_short(count)} flows in one megaflow",
                    Goal(ovs=times), "testpmd + 60 cycles", lambda: capture.udp_flows(count),
                    lambda: L4, flows=count, in_slices=True)


def _exact(count, times):
    return Scenario(f"exact-{_short(count)}", f"a megaflow for each of {_short(count)} flows",
                    Goal(ovs=times), "", lambda: capture.udp_flows(count), lambda: EXACT,
                    flows=count, ovs_modes=OVS_WARM if count <= 1000 else OVS_MANY,
                    settle=1.0 if count <= 1000 else 12.0)


def _guests_exact(name, count, goal, aim, settle):
    return Scenario(name, f"a megaflow for each of {_short(count)} flows from a guest", goal, aim,
                    rules=lambda: EXACT, flows=count, ovs_modes=OVS_MANY, settle=settle,
                    fill=True, guests=Traffic(flows=count, order="filling"))


def _classbench(name):
    return Scenario(f"classbench-{name}", f"ClassBench {name}, 10,000 rules, warm", Goal(ovs=3),
                    "10x ovs", lambda: classbench.frames(name), lambda: classbench.rules(name),
                    flows=100_000, ovs_modes=OVS_MANY, settle=12.0, shuffled=False,
                    available=lambda: classbench.available(name))


def _first(name, title, frames, rules, count, goal, aim="", **more):
    """Each of `frames` once."""
    return Scenario(name, title, goal, aim, rules=rules, flows=count, ovs_modes=OVS_DEFAULTS,
                    peers=("vsw", "ovs"), measure=first_packets.rate, unit=units.FIRST_PACKETS,
                    guests=Traffic(frames=frames, order="sequential", once=True), **more)


def _classbench_cold(name):
    return _first(f"classbench-{name}-cold", f"ClassBench {name}, 10,000 rules, the trace once",
                  lambda: classbench.frames(name), lambda: classbench.rules(name), 100_000,
                  Goal(ovs=3), "10x ovs", available=lambda: classbench.available(name))


def _masks(count):
    goal = Goal(like="masks-1", times=1.5) if count > 1 else Goal()
    return Scenario(f"masks-{_short(count)}", f"{count} masks, 10k flows", goal, "",
                    lambda: capture.masks(count, 10_000), lambda: capture.masks_rules(count),
                    flows=10_000, settle=4.0)


def _masks_cold(count):
    goal = Goal(like="masks-1-cold", times=3) if count > 1 else Goal()
    flows = 100_000
    return _first(f"masks-{_short(count)}-cold", f"{count} masks, first packets",
                  lambda: capture.masks(count, flows), lambda: capture.masks_rules(count), flows,
                  goal)


def _setups(name, title, rules, aim):
    return Scenario(name, title, Goal(ovs=10), aim, rules=lambda: rules, flows=_SETUPS,
                    ovs_modes=OVS_MANY, peers=("vsw", "ovs"), measure=first_packets.setups,
                    unit=units.SETUPS,
                    guests=Traffic(flows=_NEVER_AGAIN, order="sequential", packets=_SETUPS))


def _normal(count):
    return Scenario(f"normal-{_short(count)}", f"NORMAL, {_short(count)} addresses", Goal(ovs=2),
                    "testpmd + 60 cycles", lambda: capture.hosts(count), lambda: NORMAL,
                    flows=count, ovs_modes=OVS_WARM if count <= 1000 else OVS_MANY,
                    settle=1.0 if count <= 1000 else 12.0, station=capture.STATION,
                    in_slices=count <= 1000)


def _vhost(size, ring):
    return Scenario(f"vhost-{size}-{ring}", f"VM to VM, {size} bytes, {ring} ring", Goal(ovs=1.3),
                    "90% of testpmd", flows=1000, ovs_modes=OVS_DEFAULTS, floor="io", in_slices=True,
                    guests=Traffic(ring=ring, frame_bytes=size - 4))


def _tunnel(kind, way, size):
    tunnel = tunnels.Tunnel(kind, way)
    peers = ("vsw", "ovs", "testpmd")
    if kind == "vxlan" and way != "relay":
        peers += ("kernel",)
    titles = {"encap": "into", "decap": "out of", "relay": "from one to another"}
    return Scenario(f"tunnel-{kind}-{way}-{size}", f"{titles[way]} {kind}, {size} bytes inside",
                    Goal(ovs=2), "2.5x ovs", lambda: tunnels.frames(tunnel, size - 4, 1000),
                    lambda: tunnels.rules(tunnel), flows=1000, peers=peers, tunnel=tunnel,
                    in_slices=True)


def _attack(rate):
    return Scenario(f"attack-{_short(rate)}",
                    f"two guests beside one that makes masks, {_short(rate)} packets a second",
                    Goal(limit=0.9), "", rules=lambda: attack.RULES, flows=1000,
                    ovs_modes=OVS_DEFAULTS, peers=("vsw", "ovs"), measure=attack.kept,
                    unit=units.KEPT, guests=Traffic(rate=attack.RATE, attack=attack.frames,
                                                    attack_rate=rate))


def _change(name, title, destination):
    return Scenario(f"change-{name}", f"{title}, 1M flows cached: longest pause", Goal(limit=0.010),
                    "", rules=lambda: EXACT, flows=MILLION, ovs_modes=("flow-limit",),
                    peers=("vsw", "ovs"), measure=changes.pause(destination), unit=units.PAUSE,
                    guests=Traffic(flows=MILLION, order="sequential", rate=300_000))


ALL = {scenario.name: scenario for scenario in (
    Scenario("port-to-port", "port to port, one rule", Goal(ovs=1.5), "testpmd + 30 cycles",
             lambda: capture.udp_flows(1000), flows=1000, in_slices=True),
    _l4(1, 1.7), _l4(1000, 1.7), _l4(10_000, 2.2), _l4(100_000, 2.7),
    Scenario("l4-1M", "L4 rules, 1M flows of a guest in one megaflow", Goal(ovs=3),
             "testpmd + 60 cycles", rules=lambda: L4, flows=MILLION, in_slices=True,
             guests=Traffic(flows=MILLION)),
    _exact(1000, 1.7), _exact(100_000, 3),
    _guests_exact("exact-guest-1k", 1000, Goal(), "", 1.0),
    _guests_exact("exact-1M", MILLION, Goal(ovs=3),
                  "20x ovs by default, 1.6x the cost of exact-guest-1k beyond testpmd", 60.0),
    *map(_classbench, ("acl", "fw", "ipc")), *map(_classbench_cold, ("acl", "fw", "ipc")),
    *map(_masks, (1, 16, 128, 1000)), *map(_masks_cold, (1, 16, 128, 1000)),
    _setups("setups-one-table", "new flows, one table", EXACT, "1,000,000/s"),
    _setups("setups-ten-tables", "new flows, ten tables", TEN_TABLES, "300,000/s"),
    *map(_normal, (1, 1000, 100_000)),
    *(_vhost(size, ring) for ring in ("split", "packed") for size in (64, 512, 1518)),
    *(_tunnel(kind, way, size) for kind in tunnels.PORTS for way in ("encap", "decap", "relay")
      for size in (64, 1450)),
    Scenario("tunnel-vxlan-tcp", "TCP between guests on two hosts, through VXLAN",
             peers=("vsw", "ovs", "kernel"), ovs_modes=OVS_DEFAULTS, measure=tcp.transfer,
             unit=units.GIGABITS),
    _attack(20_000), _attack(200_000),
    Scenario("idle-ports", f"{idle.PORTS} idle ports beside two busy ones", Goal(limit=0.95), "",
             lambda: capture.udp_flows(1000), flows=1000, ovs_modes=OVS_DEFAULTS,
             peers=("vsw", "ovs"), measure=idle.kept, unit=units.KEPT, switches=2),
    _change("one", "a rule for one of 251 destinations comes", 0x0B000005),
    _change("all", "a rule for all of them comes", None),
    Scenario("changes", f"{changes.PER_SECOND:,} rule changes a second while forwarding",
             Goal(limit=0.95), "100,000 a second", lambda: capture.udp_flows(1000), lambda: L4,
             flows=1000, ovs_modes=OVS_DEFAULTS, peers=("vsw", "ovs"), measure=changes.kept,
             unit=units.KEPT),
    Scenario("memory", "memory of each of a million exact flows", Goal(limit=512), "160 bytes",
             rules=lambda: EXACT, flows=MILLION, ovs_modes=("flow-limit",), peers=("vsw", "ovs"),
             measure=memory.of_a_flow, unit=units.BYTES,
             guests=Traffic(flows=MILLION, order="sequential")),
)}


def named(name):
    """The scenario of this name, or those whose names go on behind it with a dash."""
    if name in ALL:
        return [ALL[name]]
    return [scenario for scenario in ALL.values() if scenario.name.startswith(name + "-")]
