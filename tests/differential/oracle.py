# SPDX-License-Identifier: Apache-2.0
"""Debian's Open vSwitch, in user space with dummy ports, as one side of the comparison."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

# Marks the end of a run of packets at one port: a type of its own, sent to a port of its own.
FENCE_TYPE = 0x88B6
FENCE_PORT = 99


class OracleGone(Exception):
    """Open vSwitch ended by itself. `packet`: the number of the one that it ended on, if one."""

    packet = None


class Oracle:
    """A bridge of ports 1..n; `with Oracle(n) as oracle`."""

    def __init__(self, ports, port_settings=None):
        self.ports = ports
        self._settings = port_settings or {}
        self._prepare()

    def _prepare(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vswo.", dir="/tmp"))
        self._environment = dict(os.environ, OVS_RUNDIR=str(self.folder), OVS_DBDIR=str(self.folder),
                                 OVS_LOGDIR=str(self.folder))
        self._read_at = {}
        self._socket = None
        self._fences = 0

    @staticmethod
    def missing():
        """Says what this host lacks; None if nothing."""
        for tool in ("ovs-vswitchd", "ovsdb-server", "ovs-vsctl", "ovs-ofctl"):
            if shutil.which(tool) is None:
                return f"{tool} is not installed"
        return None

    def _run(self, *words, check=True):
        done = subprocess.run(words, env=self._environment, text=True, timeout=60, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, words))[:200]}: {done.stdout.strip()}")
        return done

    def _vsctl(self, *words):
        self._run("ovs-vsctl", "-t", "10", f"--db=unix:{self.folder}/db.sock", *words)

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def restart(self):
        """After OracleGone: a new one, without rules."""
        self.__exit__()
        self._prepare()
        self.__enter__()

    def _start(self):
        at = self.folder
        self._run("ovsdb-tool", "create", f"{at}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        self._run("ovsdb-server", f"{at}/conf.db", f"--remote=punix:{at}/db.sock",
                  f"--pidfile={at}/db.pid", f"--log-file={at}/db.log", "--detach", "--no-chdir")
        self._vsctl("--no-wait", "init")
        # As many tags as it can see; by default it is one.
        self._vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:vlan-limit=0")
        self._run("ovs-vswitchd", f"unix:{at}/db.sock", "--enable-dummy=override",
                  "--disable-system", f"--pidfile={at}/vs.pid", f"--log-file={at}/vs.log",
                  "--detach", "--no-chdir")
        words = ["add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy",
                 "fail-mode=secure", "other-config:hwaddr=02:aa:00:00:00:00",
                 "protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15"]
        for port in [*range(1, self.ports + 1), FENCE_PORT]:
            words += ["--", "add-port", "br0", f"p{port}"]
            words += self._settings.get(port, {}).get("ovs", [])
            words += ["--", "set", "interface", f"p{port}", "type=dummy", f"ofport_request={port}",
                      f"options:tx_pcap={at}/p{port}.pcap"]
        self._vsctl(*words)
        pid = (at / "vs.pid").read_text().strip()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(f"{at}/ovs-vswitchd.{pid}.ctl")
        for port in [*range(1, self.ports + 1), FENCE_PORT]:
            self._read_at[port] = 24

    def __exit__(self, *_):
        if self._socket is not None:
            self._socket.close()
        for name in ("vs.pid", "db.pid"):
            try:
                pid = int((self.folder / name).read_text())
                os.kill(pid, signal.SIGTERM)
                deadline = time.monotonic() + 5
                while time.monotonic() < deadline:
                    os.kill(pid, 0)
                    time.sleep(0.02)
                os.kill(pid, signal.SIGKILL)
            except (OSError, ValueError):
                pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def appctl(self, method, *params):
        """Calls a command of the daemon; returns its text."""
        request = {"id": 0, "method": method, "params": [str(one) for one in params]}
        text, decoder = "", json.JSONDecoder()
        try:
            self._socket.sendall(json.dumps(request).encode())
        except ConnectionError as error:
            raise OracleGone(self._last_words()) from error
        while True:
            try:
                piece = self._socket.recv(65536)
            except ConnectionError:
                piece = b""
            if not piece:
                raise OracleGone(self._last_words())
            text += piece.decode()
            try:
                answer, _ = decoder.raw_decode(text)
            except ValueError:
                continue
            if answer.get("error"):
                raise RuntimeError(f"{method}: {answer['error']}")
            return answer["result"]

    def _last_words(self):
        """What the daemon's log says of its end, in a line."""
        lines = (self.folder / "vs.log").read_text(errors="replace").splitlines()
        alarming = [line.split("|", 2)[-1] for line in lines if re.search(r"\|(EMER|ERR)\|", line)]
        return "; ".join(alarming[-3:]) or "nothing in its log"

    def ofctl(self, *words, stdin=None):
        """Runs ovs-ofctl on the bridge."""
        command, *rest = words
        # What the older actions mean depends on the version; some exist in 1.0 alone.
        old = stdin is not None and re.search(r"mod_vlan|strip_vlan|NORMAL,mod_|flood,mod_", stdin)
        for version in ("OpenFlow10", "OpenFlow15") if old else ("OpenFlow15", "OpenFlow10"):
            done = subprocess.run(["ovs-ofctl", "-O", version, command,
                                   f"{self.folder}/br0.mgmt", *rest], env=self._environment,
                                  text=True, input=stdin, timeout=60, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if "usable flow formats" not in done.stdout:
                break
        return done.returncode, done.stdout.strip()

    def load(self, flows, groups=()):
        """Replaces all rules. Returns None, or what was refused."""
        self.ofctl("del-flows")
        self.ofctl("del-groups")
        self.appctl("fdb/flush", "br0")
        if groups:
            status, text = self.ofctl("add-groups", "-", stdin="\n".join(groups) + "\n")
            if status != 0:
                return text
        fence = f"priority=65535,dl_type={FENCE_TYPE:#x},actions=output:{FENCE_PORT}"
        status, text = self.ofctl("add-flows", "-", stdin="\n".join([*flows, fence]) + "\n")
        self._forget_decisions()
        return None if status == 0 else text

    def takes(self, flow):
        """Whether it takes one more rule."""
        return self.ofctl("add-flows", "-", stdin=flow + "\n")[0] == 0

    def _forget_decisions(self):
        """Until they are gone, packets may go by former rules and addresses. A purge leaves out what
        is just being looked at; without its record here the datapath's flow is not used again."""
        self.appctl("dpctl/del-flows", "dummy@ovs-dummy")
        self.appctl("revalidator/purge")

    def send(self, packets):
        """Sends [(port, octets)] one after the other; returns for each {port: [octets that left]}."""
        results = []
        for number, (port, octets) in enumerate(packets):
            try:
                # What one teaches takes back decisions about others only some time later.
                self._forget_decisions()
                self.appctl("netdev-dummy/receive", f"p{port}", octets.hex())
                self._fence(port)
            except OracleGone as gone:
                gone.packet = number
                raise
            results.append({out: sent for out in range(1, self.ports + 1)
                            if (sent := self._captured(out))})
        return results

    def _fence(self, port):
        self._fences += 1
        number = struct.pack("!I", self._fences)
        head = b"\x02" * 6 + b"\x04" * 6 + struct.pack("!H", FENCE_TYPE) + number
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            # Sent again at times: Open vSwitch loses one now and then while rules are replaced.
            self.appctl("netdev-dummy/receive", f"p{port}", head.ljust(60, b"\0").hex())
            patience = time.monotonic() + 0.5
            while time.monotonic() < patience:
                if any(octets[14:18] == number for octets in self._captured(FENCE_PORT)):
                    return
        raise RuntimeError("a packet did not come through Open vSwitch in time")

    def _captured(self, port):
        path = self.folder / f"p{port}.pcap"
        if path.stat().st_size <= self._read_at[port]:
            return []
        with open(path, "rb") as capture:
            capture.seek(self._read_at[port])
            data = capture.read()
        frames, at = [], 0
        while at + 16 <= len(data):
            length = struct.unpack_from("=I", data, at + 8)[0]
            if at + 16 + length > len(data):
                break
            frames.append(data[at + 16:at + 16 + length])
            at += 16 + length
        self._read_at[port] += at
        return frames
