# SPDX-License-Identifier: Apache-2.0
"""Bad requests are refused with the cause, change nothing, and disturb no traffic."""

import os
import signal
import subprocess

from lib.case import main, wait_until
from lib.switch import BIN
from lib.traffic import Pinger, expect_ping


def wrong_requests(case, switch):
    """One refused request after the other: (exit status, pattern of the error, command)."""
    folder = case.folder
    table = [
        (1, "foo", "add-port br0 x type=foo"),
        (1, "15", "add-br abcdefghijklmnop"),
        (1, "15", "add-port br0 abcdefghijklmnop type=tap"),
        (1, "exist", "add-br br0"),
        (1, "exist|taken|used", "add-port br0 one type=tap"),
        (1, "exist|taken|used|unique", "add-port br1 one type=tap"),
        (1, "guest", f"add-port br0 x type=vhost-user path={folder}/guest.sock"),
        (1, "one", "add-port br0 x type=system device=one"),
        (1, "4096|4094", "add-port br0 x type=tap tag=4096"),
        (1, "4094|tag", "set port one tag=-1"),
        (1, "folder|directory", "add-port br0 x type=vhost-user path=/nonexistent/x.sock"),
        (1, "path", "add-port br0 x type=vhost-user"),
        (1, "nosuchoption", "add-port br0 x type=tap nosuchoption=1"),
        (1, "mtu|68", "add-port br0 x type=tap mtu=10"),
        (1, "nobridge", "add-port nobridge x type=tap"),
        (1, "noport", "del-port br0 noport"),
        (1, "noport", "fdb add br0 02:00:00:00:00:01 noport"),
        (1, "unicast|multicast", "fdb add br0 01:00:00:00:00:01 one"),
        (1, "frobnicate", "frobnicate br0"),
        (2, "", "br-exists nobridge"),
    ]
    for status, pattern, words in table:
        switch.refused(status, pattern, *words.split())


def silent_daemons(switch):
    """A daemon that does not answer is named, with status 142; the change is kept."""
    for daemon, words in (("vswmgrd", ["show"]), ("vswitchd", ["add-port", "br0", "t2", "type=tap"])):
        pid = switch.pid(daemon)
        os.kill(pid, signal.SIGSTOP)
        try:
            switch.refused(142, f"no answer from {daemon}", "--timeout", "2", *words)
            if daemon == "vswitchd":
                switch.ctl("--no-wait", "add-port", "br0", "t3", "type=tap")
                wait_until(lambda: not switch.read("show")["status"]["switch_status"]["connected"],
                           "vswmgrd knows that vswitchd does not answer", 60)
        finally:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: {"t2", "t3"} <= set(switch.ports()) and not switch.failed_ports(),
               "what was stored is realised later")


def second_daemons(case, switch):
    """Another daemon on the same run directory or database says so, and ends."""
    commands = (["vswitchd", "--run-dir", switch.run_dir],
                ["vswmgrd", "--run-dir", switch.run_dir, "--db", case.folder / "other.db"],
                ["vswmgrd", "--run-dir", case.folder, "--db", switch.run_dir / "conf.db"])
    for name, *words in commands:
        done = subprocess.run(switch.space.within(BIN / name, *words), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=30, check=False)
        last = done.stdout.strip().splitlines()[-1:]
        print(f"  {name} said: {last}")
        assert done.returncode not in (0, None) and done.returncode < 128, done
        assert str(case.folder) in done.stdout, f"{name} does not name the place: {done.stdout}"


def body(case):
    """See the module's text."""
    switch = case.switch()
    switch.ctl("add-br", "br0", "--", "add-br", "br1")
    one = case.veth_host(switch, "br0", "one", "10.0.0.1/24")
    case.veth_host(switch, "br0", "two", "10.0.0.2/24")
    switch.ctl("add-port", "br0", "guest", "type=vhost-user", f"path={case.folder}/guest.sock")
    expect_ping(one, "10.0.0.2")
    pids = switch.pid("vswitchd"), switch.pid("vswmgrd")
    pinger = Pinger(one, "10.0.0.2").start()
    before = switch.ports()

    case.step("requests that are wrong")
    wrong_requests(case, switch)
    case.step("one wrong change of several: none is made")
    switch.refused(1, "foo", "add-br", "br2", "--", "add-port", "br2", "x", "type=foo")
    switch.refused(1, "nobridge", "add-br", "br2", "--", "add-port", "nobridge", "x", "type=tap")
    assert switch.try_ctl("br-exists", "br2")[0] == 2
    assert set(switch.ports()) == set(before), switch.ports().keys()

    case.step("what may or may not exist")
    switch.ctl("--may-exist", "add-br", "br0")
    switch.ctl("--if-exists", "del-port", "br0", "noport")

    case.step("what is right, but cannot be realised, is kept with its reason")
    switch.refused(65, "nodev0", "add-port", "br0", "x", "type=system", "device=nodev0")
    assert list(switch.failed_ports()) == ["x"], switch.failed_ports()
    switch.ctl("del-port", "br0", "x")

    case.step("second daemons")
    second_daemons(case, switch)
    result = pinger.stop()
    print(f"  ping all the while: {result}")
    assert result.lost == 0, result

    case.step("daemons that do not answer")
    silent_daemons(switch)
    assert (switch.pid("vswitchd"), switch.pid("vswmgrd")) == pids, "a daemon was restarted"
    expect_ping(one, "10.0.0.2")


main(body)
