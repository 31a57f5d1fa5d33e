"""A service manager for tests: it hands listening sockets over and collects what
it is told (sd_notify), as systemd does."""

import os
import socket
import sys

from harness import PATIENCE, Tiny

# Moves the descriptors named in its first argument to 3 and up and becomes the rest.
HAND_OVER = """
import fcntl, os, sys
fds = [fcntl.fcntl(int(n), fcntl.F_DUPFD_CLOEXEC, 100) for n in sys.argv[1].split(",") if n]
for i, fd in enumerate(fds):
    os.dup2(fd, 3 + i)
os.environ["LISTEN_PID"] = sys.argv[2] if sys.argv[2] != "-" else str(os.getpid())
os.environ["LISTEN_FDS"] = sys.argv[3] if sys.argv[3] != "-" else str(len(fds))
os.execvp(sys.argv[4], sys.argv[4:])
"""


def hand_over(things, options=None, pid="-", count="-", wrap=(), **more):
    """A server to which the descriptors of these are handed over."""
    fds = [t.fileno() for t in things]
    argv = [sys.executable, "-c", HAND_OVER, ",".join(map(str, fds)), pid, count, *wrap]
    return Tiny(options, wrap=argv, fds=fds, **more)


def tcp_listener():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(16)
    return s


class Manager:
    """The socket that NOTIFY_SOCKET names."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(PATIENCE)
        self.env = {**os.environ, "NOTIFY_SOCKET": address.replace("\0", "@")}

    def next(self):
        """The next message as a dictionary."""
        lines = self.socket.recv(4096).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    def rest(self):
        """What else was sent, once the server has ended."""
        found = []
        self.socket.settimeout(0)
        try:
            while True:
                found.append(self.next())
        except BlockingIOError:
            return found
