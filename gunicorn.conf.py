"""What gunicorn is told wherever it is started from here; all else stands on its command line."""

import os
import socket
from contextlib import suppress

# It takes SCRIPT_NAME and PATH_INFO out of headers of those names from any peer on this machine, which every visitor
# is behind a proxy here: whoever sends them would choose the page past the proxy's rules.
forwarder_headers = ""

# gunicorn itself would say that it is ready before a worker has loaded the service, and with one that does not start.
_told = os.environ.pop("NOTIFY_SOCKET", None)


def post_worker_init(worker):
    """systemd is told that pages are answered, once the first worker can."""
    if _told:
        # A worker that begins when nobody listens any more answers all the same.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect("\0" + _told[1:] if _told.startswith("@") else _told)
            line.sendall(b"READY=1")
