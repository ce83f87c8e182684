# SPDX-License-Identifier: Apache-2.0
"""One QEMU guest with vhost-user NICs, and a channel that runs commands in it.

A guest lives in a folder: NAME.pid, NAME.cmd (the channel's socket), NAME.console (what the guest's
kernel printed) and NAME.log (what QEMU printed). So one process may start it and others use it.
Guests run under KVM where that works and are emulated otherwise; see acceleration().
"""

import base64
import ctypes
import dataclasses
import fcntl
import hashlib
import os
import pathlib
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("VSW_CACHE_DIR", "/var/cache/vsw"))
QEMU = "qemu-system-x86_64"
# An emulated guest boots in about 4 s on an idle core; a loaded host may take ten times as long.
BOOT_SECONDS = 120
PROBE_SECONDS = 12
PR_SET_PDEATHSIG = 1
# The kernel times its timer at boot, and panics when an emulated one comes late on a busy host.
KERNEL_WORDS = "console=ttyS0 quiet panic=-1 no_timer_check"


class GuestError(Exception):
    """The guest could not be started, or did not answer."""


def image():
    """Returns the folder with `vmlinuz` and `initramfs`, after making them if need be."""
    done = subprocess.run([HERE / "image.sh"], stdout=subprocess.PIPE, text=True, timeout=1200,
                          check=False)
    if done.returncode != 0:
        raise GuestError("the guest image could not be made; see the messages above")
    return pathlib.Path(done.stdout.split()[-1])


def acceleration():
    """Returns "kvm" or "tcg": what VSW_ACCEL says, else what a trial boot showed on this host.

    /dev/kvm may be there and yet hang every guest (nested without support), so a kernel is booted
    once under a time limit. The answer is kept until the host boots again.
    """
    wanted = os.environ.get("VSW_ACCEL", "")
    if wanted:
        if wanted not in ("kvm", "tcg"):
            raise GuestError(f"VSW_ACCEL is '{wanted}'; it must be kvm or tcg")
        return wanted
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    kept = CACHE / "acceleration"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "acceleration.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            known = kept.read_text(encoding="ascii").split()
            if len(known) == 2 and known[0] == boot_id:
                return known[1]
        answer = "kvm" if _kvm_boots() else "tcg"
        kept.write_text(f"{boot_id} {answer}\n", encoding="ascii")
        return answer


def _kvm_boots():
    folder = image()
    command = [QEMU, "-accel", "kvm", "-cpu", "host", "-m", "128", "-nodefaults", "-display",
               "none", "-no-reboot", "-serial", "stdio", "-kernel", folder / "vmlinuz", "-initrd",
               folder / "initramfs", "-append", "console=ttyS0 quiet panic=-1 vsw.probe"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=PROBE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return b"vsw guest boots" in done.stdout


@dataclasses.dataclass
class Nic:
    """A virtio-net device on a vhost-user socket. `mode` is vsw's: "server" = vsw makes `path`."""

    path: str
    ip: str = ""
    mode: str = "server"
    mac: str = ""
    mtu: int = 0
    queues: int = 1
    # Further virtio-net-pci properties, such as {"packed": "on", "mrg_rxbuf": "off"}.
    props: dict = dataclasses.field(default_factory=dict)

    def arguments(self, index, guest_name, accel):
        """Returns QEMU's arguments for the guest's NIC number `index`."""
        mac = self.mac or mac_of(f"{guest_name}/{index}")
        side = "reconnect=1" if self.mode == "server" else "server=on,wait=off"
        # QEMU 7.2 without KVM crashes in its MSI-X notifiers on a vhost-user NIC with vectors.
        vectors = 2 * self.queues + 2 if accel == "kvm" else 0
        device = f"virtio-net-pci,netdev=net{index},mac={mac},vectors={vectors},romfile="
        if self.queues > 1:
            device += ",mq=on"
        device += "".join(f",{key}={value}" for key, value in self.props.items())
        return ["-chardev", f"socket,id=nic{index},path={self.path},{side}",
                "-netdev", f"vhost-user,id=net{index},chardev=nic{index},queues={self.queues}",
                "-device", device]


def mac_of(text):
    """Returns a locally administered address that depends on `text` alone."""
    digest = hashlib.sha256(text.encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])


class Guest:
    """A guest by its folder and name; see the module's text."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.name = name
        self._process = None
        self._next_id = 0

    def _file(self, kind):
        return self.folder / f"{self.name}.{kind}"

    def start(self, nics, memory_mib=192, cpus=1, die_with_parent=False):
        """Starts QEMU and returns at once; wait_ready() tells when the guest answers."""
        if self.pid():
            raise GuestError(f"guest {self.name} of {self.folder} runs already")
        accel = acceleration()
        folder = image()
        for kind in ("cmd", "console", "log"):
            self._file(kind).unlink(missing_ok=True)
        append = KERNEL_WORDS
        for index, nic in enumerate(nics):
            append += f" vsw.ip{index}={nic.ip}" if nic.ip else ""
            append += f" vsw.mtu{index}={nic.mtu}" if nic.mtu else ""
        command = [
            QEMU, "-name", self.name, "-accel", accel, "-cpu",
            "host" if accel == "kvm" else "max", "-smp", str(cpus), "-m", str(memory_mib),
            "-object", f"memory-backend-memfd,id=mem,size={memory_mib}M,share=on",
            "-numa", "node,memdev=mem", "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", folder / "vmlinuz", "-initrd", folder / "initramfs", "-append", append,
            "-serial", f"file:{self._file('console')}", "-device", "virtio-serial-pci,vectors=0",
            "-chardev", f"socket,id=cmd,path={self._file('cmd')},server=on,wait=off",
            "-device", "virtserialport,chardev=cmd,name=cmd"]
        for index, nic in enumerate(nics):
            command += nic.arguments(index, self.name, accel)
        with open(self._file("log"), "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_die_with_parent if die_with_parent else None)
        self._file("pid").write_text(f"{self._process.pid}\n", encoding="ascii")
        return self

    def wait_ready(self, timeout=BOOT_SECONDS):
        """Returns when the guest has booted and answers."""
        status, output = self.run("true", timeout)
        if status != 0:
            raise GuestError(f"guest {self.name} is up but not well: {output}")
        return self

    def pid(self):
        """Returns the process id of the running guest, or 0."""
        try:
            pid = int(self._file("pid").read_text(encoding="ascii"))
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return 0
        return pid if str(self._file("cmd")).encode() in command else 0

    def run(self, command, timeout=30):
        """Runs shell text in the guest; returns (exit status, output with errors)."""
        self._next_id += 1
        ident = f"{os.getpid()}-{time.monotonic_ns()}-{self._next_id}"
        line = f"{ident} {base64.b64encode(command.encode()).decode()}\n"
        deadline = time.monotonic() + timeout
        with self._connect(deadline) as channel:
            channel.sendall(line.encode())
            return self._answer(channel, ident, deadline, command)

    def check(self, command, timeout=30):
        """Like run(), but returns the output alone and raises GuestError unless the status is 0."""
        status, output = self.run(command, timeout)
        if status != 0:
            raise GuestError(f"in guest {self.name}: `{command}` ended with {status}: {output}")
        return output

    def _connect(self, deadline):
        while True:
            channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                channel.settimeout(max(0.1, deadline - time.monotonic()))
                channel.connect(str(self._file("cmd")))
                return channel
            except OSError as error:
                channel.close()
                self._fail_if_gone()
                if time.monotonic() > deadline:
                    raise GuestError(f"guest {self.name}: no command channel: {error}") from error
                time.sleep(0.05)

    def _answer(self, channel, ident, deadline, command):
        pending = b""
        while time.monotonic() < deadline:
            channel.settimeout(max(0.1, min(1.0, deadline - time.monotonic())))
            try:
                part = channel.recv(65536)
            except TimeoutError:
                self._fail_if_gone()
                continue
            if not part:
                break
            pending += part
            *lines, pending = pending.split(b"\n")
            for words in (line.decode().split() for line in lines):
                # Answers to commands whose caller gave up come first; they are not ours.
                if words and words[0] == ident:
                    output = base64.b64decode(words[2]).decode(errors="replace") \
                        if len(words) > 2 else ""
                    return int(words[1]), output
        self._fail_if_gone()
        raise GuestError(f"guest {self.name} did not answer `{command}` in time; its console "
                         f"ends with: {self.console()[-400:]}")

    def _fail_if_gone(self):
        if self._process is not None:
            self._process.poll()
        if not self.pid():
            log = self._file("log").read_text(errors="replace") if self._file("log").exists() else ""
            raise GuestError(f"guest {self.name} does not run; QEMU said: {log.strip() or 'nothing'}")

    def console(self):
        """Returns what the guest's kernel and init have printed."""
        try:
            return self._file("console").read_text(errors="replace")
        except OSError:
            return ""

    def stop(self):
        """Ends the guest, the hard way when need be, and removes its files."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid()
            if not pid:
                break
            os.kill(pid, number)
            deadline = time.monotonic() + 5
            while self.pid() and time.monotonic() < deadline:
                if self._process is not None:
                    self._process.poll()
                time.sleep(0.02)
        for kind in ("pid", "cmd", "console", "log"):
            self._file(kind).unlink(missing_ok=True)


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
