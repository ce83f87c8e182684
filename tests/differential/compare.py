# SPDX-License-Identifier: Apache-2.0
"""What a case is, and how the two switches' answers are compared."""

import dataclasses


@dataclasses.dataclass
class Case:
    """Rules and packets. `differs` says why the two switches are meant to differ, if they are."""

    name: str
    flows: list
    packets: list
    groups: list = dataclasses.field(default_factory=list)
    differs: str = ""
    may_be_refused: bool = False  # by both
    any_order: bool = False  # frames of one packet at one port may leave in any order


def text_of(result):
    """A result for people."""
    if not result:
        return "      nothing"
    return "\n".join(f"      port {port}: {octets.hex()}"
                     for port in sorted(result) for octets in result[port])


def run_case(case, oracle, subject):
    """Returns None if both switches agree, else the difference as text."""
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
