# SPDX-License-Identifier: Apache-2.0
"""A small OpenFlow 1.3 client that keeps many messages on the way, which ovs-ofctl does not."""

import socket
import struct
import time

_VERSION = 4
_HELLO, _ERROR, _ECHO_REQUEST, _ECHO_REPLY, _FLOW_MOD = 0, 1, 2, 3, 14
_MULTIPART_REQUEST, _MULTIPART_REPLY, _PORT_STATISTICS = 18, 19, 4
_BARRIER_REQUEST, _BARRIER_REPLY = 20, 21
ADD, DELETE_STRICT = 0, 4
_ANY = 0xFFFFFFFF
_APPLY_ACTIONS = 4
_IN_PORT, _ETHERTYPE, _DESTINATION = 0, 5, 12  # numbers of OXM fields


def _oxm(field, form, value):
    return struct.pack("!HBB" + form, 0x8000, field << 1, struct.calcsize("!" + form), value)


def flow_mod(command, priority, destination, in_port=None, output=2):
    """A rule on IPv4 packets to `destination`, a number, or to anywhere, as bytes. `output`: a port,
    or None to drop them."""
    fields = _oxm(_IN_PORT, "I", in_port) if in_port else b""
    fields += _oxm(_ETHERTYPE, "H", 0x0800)
    fields += _oxm(_DESTINATION, "I", destination) if destination is not None else b""
    match = struct.pack("!HH", 1, 4 + len(fields)) + fields
    match += b"\0" * (-len(match) % 8)
    instructions = b""
    if command != DELETE_STRICT and output is not None:
        action = struct.pack("!HHIH6x", 0, 16, output, 0)
        instructions = struct.pack("!HH4x", _APPLY_ACTIONS, 8 + len(action)) + action
    body = struct.pack("!QQBBHHHIIIH2x", 0, 0, 0, command, 0, 0, priority, _ANY, _ANY, _ANY, 0)
    body += match + instructions
    return struct.pack("!BBHI", _VERSION, _FLOW_MOD, 8 + len(body), 1) + body


class Connection:
    """To a bridge's socket."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(path))
        self._buffer = b""
        self.errors = 0
        self._socket.sendall(struct.pack("!BBHI", _VERSION, _HELLO, 8, 1))
        if self._message()[0] != _HELLO:
            raise OSError("no hello")

    def _message(self):
        while len(self._buffer) < 8 or len(self._buffer) < self._length():
            more = self._socket.recv(65536)
            if not more:
                raise OSError("the switch closed the connection")
            self._buffer += more
        kind, number = struct.unpack("!xB2xI", self._buffer[:8])
        body, self._buffer = self._buffer[8:self._length()], self._buffer[self._length():]
        return kind, number, body

    def _length(self):
        return struct.unpack("!2xH", self._buffer[:4])[0]

    def send(self, messages, barrier):
        """Sends bytes of messages and a barrier of this number."""
        self._socket.sendall(
            messages + struct.pack("!BBHI", _VERSION, _BARRIER_REQUEST, 8, barrier))

    def await_barrier(self):
        """Returns the number of the next barrier that is answered."""
        return self._await(_BARRIER_REPLY)[0]

    def tx_packets(self, port):
        """(packets that left by the port, when that was so), to fractions of a millisecond."""
        request = struct.pack("!BBHIHH4xI4x", _VERSION, _MULTIPART_REQUEST, 24, 1,
                              _PORT_STATISTICS, 0, port)
        before = time.monotonic()
        self._socket.sendall(request)
        body = self._await(_MULTIPART_REPLY)[1]
        return struct.unpack_from("!8xI4xQQ", body)[2], (before + time.monotonic()) / 2

    def _await(self, wanted):
        """(number, body) of the next message of that kind."""
        while True:
            kind, number, body = self._message()
            if kind == wanted:
                return number, body
            if kind == _ECHO_REQUEST:
                self._socket.sendall(
                    struct.pack("!BBHI", _VERSION, _ECHO_REPLY, 8 + len(body), number) + body)
            elif kind == _ERROR:
                self.errors += 1

    def close(self):
        """Ends it."""
        self._socket.close()
