# SPDX-License-Identifier: Apache-2.0
"""One module for each switch that is measured; all offer what base.Peer says."""

from bench.compare.peers.kernel import Kernel
from bench.compare.peers.ovs import OpenVSwitch
from bench.compare.peers.testpmd import Testpmd
from bench.compare.peers.vsw import Vsw

ALL = {peer.name: peer for peer in (Vsw, OpenVSwitch, Kernel, Testpmd)}
