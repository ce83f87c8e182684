# SPDX-License-Identifier: Apache-2.0
"""The two ends of traffic: hosts, which are network namespaces, and guests.

Both run shell text with run() and check(), so that pings and transfers need not know which they use.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "deploy" / "guest"))
import guest  # noqa: E402  (found by the path set above)

Nic = guest.Nic


def command(*words, timeout=30):
    """Runs a command of the host that has to succeed; returns its output."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stdout.strip()}"
    return done.stdout


class Machine(guest.Guest):
    """A guest; its scratch folder is in its own memory."""

    scratch = "/tmp"


class Namespace:
    """A network namespace: a host, or where a switch runs."""

    def __init__(self, name, scratch):
        self.name = name
        self.scratch = str(scratch)

    def make(self):
        """Makes it, with its loopback device up and IPv6 silent."""
        pathlib.Path(self.scratch).mkdir()
        command("ip", "netns", "add", self.name)
        self.check("ip link set lo up; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
                   "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
        return self

    def remove(self):
        """Ends what runs in it and removes it with its devices."""
        pids = subprocess.run(["ip", "netns", "pids", self.name], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False).stdout.split()
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL, check=False)

    def within(self, *words):
        """Returns the command that runs `words` in the namespace."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *[str(word) for word in words]]

    def run(self, text, timeout=30):
        """Runs shell text; returns (exit status, output with errors)."""
        path = pathlib.Path(self.scratch) / f"output.{time.monotonic_ns()}"
        # A file rather than a pipe: what goes on in the background would keep a pipe open.
        with open(path, "w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(self.within("sh", "-c", text), stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=output, timeout=timeout, check=False)
            output.seek(0)
            said = output.read()
        path.unlink()
        return done.returncode, said

    def check(self, text, timeout=30):
        """Like run(), but returns the output alone and fails unless the status is 0."""
        status, output = self.run(text, timeout)
        assert status == 0, f"in {self.name}: `{text}` ended with {status}: {output}"
        return output

    def take_device(self, owner, name, address):
        """Moves a device from the owner's namespace here and gives it the address."""
        command(*owner.within("ip"), "link", "set", name, "netns", self.name)
        self.configure(name, address)

    def configure(self, device, address):
        """Sets a device up, with an address unless that is empty."""
        if address:
            self.check(f"ip address add {address} dev {device}")
        self.check(f"ip link set {device} up")

    def mac(self, device):
        """Returns a device's hardware address. (/sys is that of the namespace it was mounted in.)"""
        words = self.check(f"ip -o link show dev {device}").split()
        return words[words.index("link/ether") + 1]

    def link_with(self, owner, name, address):
        """Makes a veth pair: `name` in the owner's namespace, eth0 with the address here."""
        command(*owner.within("ip"), "link", "add", name, "type", "veth", "peer", "name",
                "eth0", "netns", self.name)
        command(*owner.within("ip"), "link", "set", name, "up")
        self.configure("eth0", address)
