# SPDX-License-Identifier: Apache-2.0
"""Ports on DPDK devices that need no hardware: null, pcap, af_packet, af_xdp, memif, virtio_user."""

import struct

from lib.case import main, wait_until
from lib.endpoint import command
from lib.frames import TEST_MAC, Watch, frame, send
from lib.traffic import expect_ping, transfer


def write_pcap(path, *frames):
    """Writes a capture file as tcpdump would."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for number, octets in enumerate(frames):
        data += struct.pack("<IIII", number, 0, len(octets), len(octets)) + octets
    path.write_bytes(data)


def pcap(case, switch, host):
    """What the file has comes out of the bridge, and what the bridge floods is in the other file."""
    case.step("net_pcap")
    source, sink = case.folder / "in.pcap", case.folder / "out.pcap"
    write_pcap(source, *[frame(f"{TEST_MAC}0{number}", vlan=number) for number in (1, 2, 3)])
    with Watch(host, "eth0") as seen:
        switch.ctl("add-port", "br0", "pcap",
                   "type=dpdk", f"devargs=net_pcap0,rx_pcap={source},tx_pcap={sink}")
        wait_until(lambda: switch.counters()["pcap"].get("rx_packets", 0) >= 3, "frames are read")
    assert seen.tags() == [1, 2, 3], seen.tags()
    mark = b"into the capture file"
    send(host, "eth0", frame(f"{TEST_MAC}09", payload=mark))
    wait_until(lambda: switch.counters()["pcap"].get("tx_packets", 0) >= 1, "a frame is written")
    switch.ctl("del-port", "br0", "pcap")
    assert mark in sink.read_bytes(), "the frame is not in the capture file"


def af_packet(case, switch, host):
    """A kernel device, driven by DPDK's packet socket driver."""
    case.step("net_af_packet")
    peer = case.namespace("peer")
    peer.link_with(switch.space, "afp0", "10.0.0.2/24")
    # This driver knows no partial checksums.
    peer.check("ethtool -K eth0 tx off")
    switch.ctl("add-port", "br0", "afp", "type=dpdk", "devargs=net_af_packet0,iface=afp0")
    expect_ping(host, "10.0.0.2")
    transfer(host, peer, "10.0.0.2", mib=4)


def af_xdp(case, switch, host):
    """A kernel device, driven by DPDK's driver for AF_XDP sockets."""
    case.step("net_af_xdp")
    peer = case.namespace("xdp")
    peer.link_with(switch.space, "xdp0", "10.0.0.4/24")
    # As with net_af_packet.
    peer.check("ethtool -K eth0 tx off")
    switch.ctl("add-port", "br0", "xdp", "type=dpdk", "devargs=net_af_xdp0,iface=xdp0")
    expect_ping(host, "10.0.0.4")
    transfer(host, peer, "10.0.0.4", mib=4)
    case.step("a kernel device belongs to one port, whatever its kind")
    switch.refused(1, "kernel device xdp0 belongs to port", "add-port", "br0", "again",
                   "type=system", "device=xdp0")
    switch.refused(1, "kernel device host belongs to port", "add-port", "br0", "again", "type=dpdk",
                   "devargs=net_af_packet7,iface=host")
    # Both daemons have let go of it: the kernel has its device back.
    switch.ctl("del-port", "br0", "xdp")
    switch.ctl("add-port", "br0", "xdp0", "type=system")
    expect_ping(host, "10.0.0.4")


def virtio_user(case, switch, host):
    """The guest's side of a vhost-user socket, without a guest."""
    case.step("net_virtio_user")
    near = case.switch("near")
    near.ctl("add-br", "near0")
    peer = case.veth_host(near, "near0", "nearhost", "10.0.0.5/24")
    path = case.folder / "virtio.sock"
    switch.ctl("add-port", "br0", "vhost", "type=vhost-user", f"path={path}")
    words = ["add-port", "near0", "virtio", "type=dpdk", f"devargs=net_virtio_user0,path={path}"]
    if "hugepages" not in near.read("show")["status"]["switch_status"]["memory"].split(":")[0]:
        near.refused(65, "hugepages", *words)
        return
    near.ctl(*words)
    expect_ping(host, "10.0.0.5")
    transfer(host, peer, "10.0.0.5", mib=4)


def memif(case, switch, host):
    """Two switches joined by shared memory."""
    case.step("net_memif")
    far = case.switch("far")
    far.ctl("add-br", "far0")
    peer = case.veth_host(far, "far0", "farhost", "10.0.0.3/24")
    path = case.folder / "memif.sock"
    for owner, bridge, role in ((switch, "br0", "server"), (far, "far0", "client")):
        owner.ctl("add-port", bridge, "memif", "type=dpdk",
                  f"devargs=net_memif0,role={role},id=0,socket={path},socket-abstract=no")
    expect_ping(host, "10.0.0.3")
    transfer(host, peer, "10.0.0.3", mib=4)


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0")
    host = case.veth_host(switch, "br0", "host", "10.0.0.1/24")
    case.step("net_null")
    switch.ctl("add-port", "br0", "null", "type=dpdk", "devargs=net_null0,no-rx=1")
    assert not switch.failed_ports(), switch.failed_ports()
    switch.ctl("del-port", "br0", "null")
    pcap(case, switch, host)
    af_packet(case, switch, host)
    af_xdp(case, switch, host)
    memif(case, switch, host)
    virtio_user(case, switch, host)

    case.step("devices that cannot be had say why")
    switch.refused(65, "net_nosuch0", "add-port", "br0", "bad1", "type=dpdk",
                   "devargs=net_nosuch0")
    switch.refused(65, "nodev0", "add-port", "br0", "bad3", "type=dpdk",
                   "devargs=net_af_xdp1,iface=nodev0")
    switch.refused(65, "00:1f", "add-port", "br0", "bad2", "type=dpdk", "devargs=0000:00:1f.7")
    command(*switch.space.within("ip"), "link", "show", "afp0")
    expect_ping(host, "10.0.0.2")


main(body)
