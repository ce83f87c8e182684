# SPDX-License-Identifier: Apache-2.0
"""Controllers that others wrote run a network of three hosts: a learning switch of os-ken and Open
vSwitch's test controller. The fail modes decide when they are gone."""

import shutil

from lib.case import main, wait_until
from lib.openflow import Background
from lib.traffic import expect_ping

APP = """\
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.packet import ethernet, packet
from os_ken.ofproto import ofproto_v1_3


class Learning(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ports = {}

    def add(self, datapath, priority, match, actions):
        parser, proto = datapath.ofproto_parser, datapath.ofproto
        apply = parser.OFPInstructionActions(proto.OFPIT_APPLY_ACTIONS, actions)
        datapath.send_msg(parser.OFPFlowMod(datapath=datapath, priority=priority, match=match,
                                            instructions=[apply]))

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def features(self, event):
        datapath = event.msg.datapath
        parser, proto = datapath.ofproto_parser, datapath.ofproto
        self.add(datapath, 0, parser.OFPMatch(),
                 [parser.OFPActionOutput(proto.OFPP_CONTROLLER, proto.OFPCML_NO_BUFFER)])

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_in(self, event):
        message = event.msg
        datapath = message.datapath
        parser, proto = datapath.ofproto_parser, datapath.ofproto
        in_port = message.match["in_port"]
        frame = packet.Packet(message.data).get_protocol(ethernet.ethernet)
        self.ports[frame.src] = in_port
        out = self.ports.get(frame.dst, proto.OFPP_FLOOD)
        actions = [parser.OFPActionOutput(out)]
        if out != proto.OFPP_FLOOD:
            self.add(datapath, 1, parser.OFPMatch(in_port=in_port, eth_dst=frame.dst,
                                                  eth_src=frame.src), actions)
        datapath.send_msg(parser.OFPPacketOut(datapath=datapath, buffer_id=proto.OFP_NO_BUFFER,
                                              in_port=in_port, actions=actions, data=message.data))
"""


def all_talk(hosts):
    """Every host reaches every other."""
    for one in hosts:
        for other in range(1, len(hosts) + 1):
            if hosts[other - 1] is not one:
                expect_ping(one, f"10.0.0.{other}")


def body(case):
    """See the module's text."""
    if shutil.which("osken-manager") is None or shutil.which("ovs-testcontroller") is None:
        case.skip("needs python3-os-ken and openvswitch-testcontroller")
    switch = case.switch()
    switch.ctl("add-br", "br0")
    hosts = [case.veth_host(switch, "br0", f"h{n}", f"10.0.0.{n}/24") for n in (1, 2, 3)]

    def rules():
        return switch.ctl("--no-stats", "dump-flows", "br0")

    def reaches():
        return hosts[0].run("ping -c 1 -W 1 10.0.0.3")[0] == 0

    case.step("secure: without a controller and rules nobody talks")
    switch.ctl("set-fail-mode", "br0", "secure")
    switch.ctl("del-flows", "br0")
    assert not reaches(), "a packet came through without a rule"

    case.step("a learning switch of os-ken, over TCP")
    app = case.folder / "learning.py"
    app.write_text(APP)
    switch.ctl("set-controller", "br0", "tcp:127.0.0.1:6653")
    manager = Background(case, switch.space, "osken", shutil.which("osken-manager"),
                         "--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", "6653", str(app))
    wait_until(lambda: "priority=0" in rules(), "the controller's first rule", 30)
    all_talk(hosts)
    learned = [line for line in rules().splitlines() if "dl_dst" in line]
    assert len(learned) == 6, learned  # three hosts, both ways

    case.step("secure: without its controller the switch goes on by the rules it has")
    manager.stop()
    all_talk(hosts)

    case.step("Open vSwitch's test controller")
    switch.ctl("del-controller", "br0")
    switch.ctl("del-flows", "br0")
    assert not reaches(), "a packet came through without a rule"
    switch.ctl("set-controller", "br0", "tcp:127.0.0.1:6654")
    other = Background(case, switch.space, "testcontroller", shutil.which("ovs-testcontroller"),
                       "ptcp:6654:127.0.0.1")
    wait_until(reaches, "hosts talk through the controller", 30)
    all_talk(hosts)
    assert "idle_timeout=60" in rules(), rules()

    case.step("standalone: without a controller the switch learns by itself")
    switch.ctl("set-fail-mode", "br0", "standalone")
    other.stop()
    switch.ctl("del-flows", "br0")
    wait_until(reaches, "hosts talk without a controller", 60)
    all_talk(hosts)


main(body)
