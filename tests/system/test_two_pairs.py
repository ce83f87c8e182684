# SPDX-License-Identifier: Apache-2.0
"""Two pairs of daemons side by side in one namespace; what happens to one leaves the other alone."""

from lib.case import main
from lib.traffic import Pinger, expect_ping


def body(case):
    """See the module's text."""
    space = case.namespace("both")
    first, second = [case.switch(name, space) for name in ("first", "second")]
    hosts = {}
    for name, switch in (("a", first), ("b", second)):
        switch.ctl("add-br", f"br-{name}")
        hosts[name] = [case.veth_host(switch, f"br-{name}", f"{name}{number}",
                                      f"10.0.0.{number}/24") for number in (1, 2)]
        expect_ping(hosts[name][0], "10.0.0.2")
    assert set(first.ports()) & set(second.ports()) == set()

    case.step("the second is killed, restarted and stopped while the first carries pings")
    pinger = Pinger(hosts["a"][0], "10.0.0.2").start()
    second.kill("vswitchd")
    second.kill("vswmgrd")
    expect_ping(hosts["b"][0], "10.0.0.2")
    second.stop()
    result = pinger.stop()
    print(f"  the first pair meanwhile: {result}")
    assert result.lost == 0, result
    assert second.status()[0] == 3 and first.status()[0] == 0

    case.step("it returns with its configuration")
    second.start()
    expect_ping(hosts["b"][0], "10.0.0.2")


main(body)
