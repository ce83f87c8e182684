# SPDX-License-Identifier: Apache-2.0
"""What a case is, and how the two switches' answers are compared."""

import dataclasses
import re


@dataclasses.dataclass
class Case:
    """Rules and packets. `differs` says why the two switches are meant to differ, if they are."""

    name: str
    flows: list
    packets: list
    groups: list = dataclasses.field(default_factory=list)
    differs: str = ""
    may_be_refused: bool = False  # by both
    random: bool = False  # single rules may be refused, by both
    any_order: bool = False  # frames of one packet at one port may leave in any order


# What several cases differ in on purpose, by their names; docs/differences.md says more.
MEANT = [
    (r"^ipv4 set [01678]:|^tcp set 2:", "Open vSwitch changes two octets of a later fragment's payload, "
     "where the checksum would be in a first one"),
    (r"^mpls push", "a pushed label is copied or 0, as OpenFlow 1.3 section 5.12 has it; Open vSwitch "
     "takes the explicit null of IPv6 and the implicit null"),
    (r"^mpls pop 4:", "Open vSwitch shifts the traffic class by one bit in the label stack entry"),
    (r"^vlan edit [34569]|^vlan edit 10|^action set order|^clone vlan|^vlan seen behind",
     "a pushed tag takes VLAN and priority from the outer one, as OpenFlow 1.3 section 5.12 has it, "
     "and tags beyond the second are kept"),
    (r"double tags$", "the outermost tag alone decides, and what is behind it is payload"),
    (r"^normal and vlans", "a priority tag is taken off where priority-tags is off, as documented"),
    (r"^normal multicast source", "frames from group addresses are dropped (IEEE 802.3 section 3.2.3)"),
    (r"^reserved vlan", "VLAN 4095 is reserved (IEEE 802.1Q table 9-2)"),
]


def text_of(result):
    """A result for people."""
    if not result:
        return "      nothing"
    return "\n".join(f"      port {port}: {octets.hex()}"
                     for port in sorted(result) for octets in result[port])


def why_meant(case):
    """Why the case is meant to differ; empty if it is not."""
    return case.differs or next((why for name, why in MEANT if re.search(name, case.name)), "")


def run_random(case, oracle, subject):
    """Rules that vsw refuses are left out, if Open vSwitch refuses them too."""
    refusals = (subject.load(case.flows, case.groups) or "").splitlines()
    refused = [flow for flow in case.flows
               if any(line.startswith(flow + ": ") for line in refusals)]
    if len(refusals) != len(refused):
        return f"refused by vsw: {refusals}"
    kept = [flow for flow in case.flows if flow not in refused]
    by_ovs = oracle.load(kept, case.groups)
    if by_ovs:
        return f"refused by Open vSwitch alone: {by_ovs}"
    for flow in refused:
        if oracle.takes(flow):
            return f"refused by vsw alone: {[line for line in refusals if line.startswith(flow)]}"
    if refused:
        subject.load(kept, case.groups)
        oracle.load(kept, case.groups)
    return compare_packets(case, oracle.send(case.packets), subject.send(case.packets))


def run_case(case, oracle, subject):
    """Returns None if both switches agree, else the difference as text."""
    if case.random:
        return run_random(case, oracle, subject)
    refused = oracle.load(case.flows, case.groups), subject.load(case.flows, case.groups)
    if refused[0] or refused[1]:
        if refused[0] and refused[1]:
            return None if case.may_be_refused or not case.packets else f"both refuse: {refused[0]} / {refused[1]}"
        return f"refused by one alone:\n    ovs: {refused[0]}\n    vsw: {refused[1]}"
    return compare_packets(case, oracle.send(case.packets), subject.send(case.packets))


def compare_packets(case, wanted, got):
    """Compares the results of all packets."""
    for number, (port, octets) in enumerate(case.packets):
        one, other = wanted[number], got[number]
        if case.any_order:
            one = {key: sorted(value) for key, value in one.items()}
            other = {key: sorted(value) for key, value in other.items()}
        if one != other:
            return (f"packet {number} at port {port}: {octets.hex()}\n    ovs:\n{text_of(one)}\n"
                    f"    vsw:\n{text_of(other)}")
    return None
