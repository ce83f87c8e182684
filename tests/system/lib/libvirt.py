# SPDX-License-Identifier: Apache-2.0
"""A libvirtd of the test's own, which sees and leaves nothing of the host's, and guests that it runs."""

import shutil
import subprocess
import time
from xml.sax.saxutils import quoteattr

from lib.endpoint import guest

# In a mount namespace: libvirtd has its folders built in, and asks for a user of its package for
# system services, which brings much more than is needed here.
_START = """
set -e
folder=$1
mkdir "$folder/kernel"
mount --bind "$2" "$folder/kernel"
for hidden in /run /var/lib /var/log /var/cache /etc/libvirt; do mount -t tmpfs none "$hidden"; done
mkdir /var/lib/libvirt /var/log/libvirt /var/cache/libvirt
{ cat /etc/passwd; echo 'libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin'; } >"$folder/passwd"
{ cat /etc/group; echo 'libvirt-qemu:x:64055:'; } >"$folder/group"
mount --bind "$folder/passwd" /etc/passwd
mount --bind "$folder/group" /etc/group
cat >/etc/libvirt/qemu.conf <<'END'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
END
exec libvirtd
"""

# What a user writes is the interface; see docs/vhost.md. The override is for QEMU 7.2 without KVM.
_DOMAIN = """
<domain type='{kind}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{name}</name>
  <memory unit='MiB'>192</memory>
  <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{folder}/kernel/vmlinuz</kernel>
    <initrd>{folder}/kernel/initramfs</initrd>
    <cmdline>{words} vsw.ip0={ip}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='{cpu}'/>
  <devices>
    <controller type='usb' model='none'/>
    <interface type='vhostuser'>
      <mac address='{mac}'/>
      <source type='unix' path={path} mode='{mode}'>{reconnect}</source>
      <model type='virtio'/>
      <alias name='ua-nic'/>
    </interface>
    <serial type='file'><source path='{folder}/{name}.console'/></serial>
    <channel type='unix'>
      <source mode='bind' path='{folder}/{name}.cmd'/>
      <target type='virtio' name='cmd'/>
    </channel>
    <memballoon model='none'/>
  </devices>
  {override}
</domain>
"""
_OVERRIDE = """<qemu:override><qemu:device alias='ua-nic'><qemu:frontend>
<qemu:property name='vectors' type='unsigned' value='0'/>
</qemu:frontend></qemu:device></qemu:override>"""


class Libvirt:
    """The daemon; ends with the case, and its guests with it."""

    def __init__(self, case):
        if shutil.which("libvirtd", path="/usr/sbin:/sbin") is None or not shutil.which("virsh"):
            case.skip("libvirtd and virsh are not installed")
        self._case = case
        self._log = open(case.folder / "libvirtd.log", "w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "bash", "-c", _START, "libvirtd",
             str(case.folder), str(guest.image())],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        case.defer(self.stop)
        deadline = time.monotonic() + 60
        while self.try_virsh("list")[0] != 0:
            assert self._process.poll() is None, f"libvirtd ended: {self.said()}"
            assert time.monotonic() < deadline, f"libvirtd does not answer: {self.said()}"
            time.sleep(0.2)

    def said(self):
        """What libvirtd said."""
        self._log.flush()
        self._log.seek(0)
        return self._log.read()[-2000:]

    def try_virsh(self, *words, timeout=60):
        """Runs virsh; returns (exit status, output with errors)."""
        done = subprocess.run(
            ["nsenter", "--mount", "--root", f"--target={self._process.pid}", "virsh", "-q", "-c",
             "qemu:///system", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=timeout, check=False)
        return done.returncode, done.stdout

    def virsh(self, *words):
        """Runs virsh, which has to succeed; returns its output."""
        status, output = self.try_virsh(*words)
        assert status == 0, f"virsh {' '.join(words)}: {output}\n{self.said()}"
        return output

    def machine(self, name, path, ip, mode):
        """Starts a guest with a vhost-user interface; `mode` is the switch's, as in lib.Nic."""
        folder = self._case.folder
        kvm = guest.acceleration() == "kvm"
        # libvirt speaks of its own side.
        side = {"server": "client", "client": "server"}[mode]
        reconnect = "<reconnect enabled='yes' timeout='1'/>" if side == "client" else ""
        domain = folder / f"{name}.xml"
        domain.write_text(_DOMAIN.format(
            kind="kvm" if kvm else "qemu", cpu="host-passthrough" if kvm else "maximum", name=name,
            words=guest.KERNEL_WORDS, folder=folder, ip=ip, mac=guest.mac_of(name),
            path=quoteattr(str(path)), mode=side, reconnect=reconnect, override="" if kvm else _OVERRIDE), encoding="ascii")
        self.virsh("create", str(domain))
        return LibvirtMachine(self, folder, name)

    def stop(self):
        """Ends the guests and the daemon."""
        if self._process.poll() is None:
            for name in self.try_virsh("list", "--name")[1].split():
                self.try_virsh("destroy", name)
            self._process.terminate()
            self._process.wait(20)
        self._log.close()


class LibvirtMachine(guest.Guest):
    """A guest that libvirt started; it is talked to as all others are."""

    scratch = "/tmp"

    def __init__(self, libvirt, folder, name):
        super().__init__(folder, name)
        self.libvirt = libvirt

    def pid(self):
        """Returns a true value while it runs."""
        return self.libvirt.try_virsh("domstate", self.name)[1].strip() == "running"
