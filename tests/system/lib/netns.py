# SPDX-License-Identifier: Apache-2.0
"""Lets this process make a socket inside a network namespace."""

import contextlib
import ctypes
import os

CLONE_NEWNET = 0x40000000


def _set(descriptor):
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace")


@contextlib.contextmanager
def entered(name):
    """Within the block, sockets that this thread makes belong to the namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        space = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            _set(space)
        finally:
            os.close(space)
        try:
            yield
        finally:
            _set(home)
    finally:
        os.close(home)
