# SPDX-License-Identifier: Apache-2.0
"""A controller's end of an OpenFlow connection, as raw as a hostile one needs it."""

import socket
import struct
import time

HELLO, ERROR, ECHO_REQUEST, FEATURES_REQUEST = 0, 1, 2, 5
PACKET_OUT, FLOW_MOD, MULTIPART_REQUEST, BARRIER_REQUEST, BARRIER_REPLY = 13, 14, 18, 20, 21
V13, V14 = 4, 5
PORT_ANY = 0xFFFFFFFF
# (type, code) of errors, OpenFlow 1.3 section 7.4.4.
HELLO_INCOMPATIBLE, BAD_VERSION, BAD_TYPE, BAD_LENGTH = (0, 0), (1, 0), (1, 1), (1, 6)
MULTIPART_OVERFLOW, BAD_ACTION_TYPE, BAD_MATCH_FIELD = (1, 13), (2, 0), (4, 6)


class Peer:
    """One connection to `<bridge>.mgmt`; says hello first, unless told not to."""

    def __init__(self, path, version=V13, hello=True):
        self.socket = self._connect(path)
        self.version = version
        self._unread = b""
        if hello:
            self.tell(HELLO)
            assert self.next_message()[0] == HELLO

    @staticmethod
    def _connect(path):
        # A full backlog refuses at once.
        for _ in range(1000):
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            peer.settimeout(20)
            try:
                peer.connect(str(path))
                return peer
            except BlockingIOError:
                peer.close()
                time.sleep(0.01)
        raise AssertionError("the switch accepts no connections")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def message(self, kind, body=b"", xid=7, length=None):
        """Returns a message, by default with its true length."""
        return struct.pack("!BBHI", self.version, kind, 8 + len(body) if length is None else length,
                           xid) + body

    def tell(self, kind, body=b"", **more):
        """Sends a message."""
        return self.send(self.message(kind, body, **more))

    def send(self, data):
        """Sends octets; False when the switch has closed the connection, which is fine."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def _exactly(self, count):
        while len(self._unread) < count:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self._unread += data
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def next_message(self):
        """Returns (type, xid, body)."""
        _, kind, length, xid = struct.unpack("!BBHI", self._exactly(8))
        return kind, xid, self._exactly(length - 8)

    def expect_error(self, wanted):
        """The next message is this error."""
        kind, _, body = self.next_message()
        found = struct.unpack("!HH", body[:4]) if kind == ERROR else f"message {kind}"
        assert found == wanted, f"not the error {wanted}: {found}"

    def expect_end(self):
        """The switch closes the connection."""
        try:
            while True:
                self.next_message()
        except (EOFError, ConnectionError):
            return

    def expect_alive(self):
        """A barrier is answered, whatever comes before that."""
        self.tell(BARRIER_REQUEST, xid=99)
        while self.next_message()[:2] != (BARRIER_REPLY, 99):
            pass


def flow_mod(instructions=b"", match=None, table=0, priority=5):
    """Returns the body of a 1.3 flow-mod that adds a rule."""
    match = struct.pack("!HHI", 1, 4, 0) if match is None else match
    return struct.pack("!QQBBHHHIIIHH", 0, 0, table, 0, 0, 0, priority, PORT_ANY, PORT_ANY,
                       PORT_ANY, 0, 0) + match + instructions


def packet_out(data, port):
    """Returns the body of a 1.3 packet-out by one port."""
    output = struct.pack("!HHIH6x", 0, 16, port, 0)
    return struct.pack("!IIH6x", PORT_ANY, 0xFFFFFFFD, len(output)) + output + data


def unfinished_part(peer, kind, body, xid):
    """Returns a part of a multipart request with more to come."""
    return peer.message(MULTIPART_REQUEST, struct.pack("!HHI", kind, 1, 0) + body, xid=xid)
