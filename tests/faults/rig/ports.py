"""Free ports of loopback."""
import socket

TAKEN = set()


def free_port():
    """A port that nobody has now, and that this function has not given before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in TAKEN:
            TAKEN.add(port)
            return port
