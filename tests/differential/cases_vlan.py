# SPDX-License-Identifier: Apache-2.0
"""NORMAL with ports in every VLAN mode."""

from compare import Case
from packets import *  # noqa: F403: builders


def single(dst):
    """Untagged, and with one tag."""
    return [eth(ip(udp()), dst=dst), eth(vlan(10), ip(udp()), dst=dst),
            eth(vlan(20, pcp=4), ip(udp()), dst=dst), eth(vlan(0, pcp=5), ip(udp()), dst=dst),
            eth(vlan(30), ip(udp()), dst=dst), eth(vlan(10, tpid=0x88A8), ip(udp()), dst=dst)]


def double(dst):
    """With a tag behind the first one."""
    return [eth(vlan(10), vlan(20), ip(udp()), dst=dst),
            eth(vlan(10, tpid=0x88A8), vlan(7), ip(udp()), dst=dst)]


def everywhere(frames):
    """Each frame at each port."""
    return [(port, frame) for port in range(1, 5) for frame in frames]


def port(ovs, vsw):
    """How both switches are told."""
    return {"ovs": ovs, "vsw": vsw}


ACCESS_10 = port(["tag=10"], ["access=10"])
ACCESS_20 = port(["tag=20"], ["access=20"])
TRUNK = port([], [])
TRUNK_10_20 = port(["trunks=10,20"], ["trunks=10,20"])
TAGGED_10 = port(["tag=10", "vlan_mode=native-tagged"], ["native-tagged=10"])
UNTAGGED_10 = port(["tag=10", "vlan_mode=native-untagged"], ["native-untagged=10"])

CASES = [
    Case("flood", ["actions=NORMAL"], everywhere(single(BROADCAST)), any_order=True),
    Case("flood of double tags", ["actions=NORMAL"], everywhere(double(BROADCAST)), any_order=True),
    Case("unicast", ["actions=NORMAL"],
         [(2, eth(vlan(10), ip(udp()), src=MAC_B, dst=MAC_A)), (2, eth(ip(udp()), src=MAC_B, dst=MAC_A)),
          (2, eth(vlan(20), ip(udp()), src=MAC_B, dst=MAC_A))] + everywhere(single(MAC_B))),
    Case("unicast with double tags", ["actions=NORMAL"],
         [(2, eth(vlan(10), ip(udp()), src=MAC_B, dst=MAC_A))] + everywhere(double(MAC_B))),
    Case("set vlan then normal", ["actions=mod_vlan_vid:20,NORMAL"], everywhere(single(BROADCAST))),
]

BRIDGES = [({1: ACCESS_10, 2: TRUNK, 3: ACCESS_20, 4: TRUNK_10_20}, CASES),
           ({1: TAGGED_10, 2: TRUNK, 3: UNTAGGED_10, 4: ACCESS_10}, CASES),
           ({1: UNTAGGED_10, 2: TAGGED_10, 3: TRUNK_10_20, 4: TRUNK}, CASES)]
