"""What gunicorn is told wherever it is started from here; all else stands on its command line."""

import glob
import logging
import os
import runpy
import shutil
import signal
import socket
import tempfile
from contextlib import suppress

from gunicorn.glogging import Logger

# It takes SCRIPT_NAME and PATH_INFO out of headers of those names from any peer on this machine, which every visitor
# is behind a proxy here: whoever sends them would choose the page past the proxy's rules.
forwarder_headers = ""

# gunicorn itself would say that it is ready before a worker has loaded the service, and with one that does not start.
_told = os.environ.pop("NOTIFY_SOCKET", None)

# Nothing of the service is imported in the first process: one that comes after a reload would have its older code.
_HERE = os.path.dirname(os.path.abspath(__file__))
_Lines = runpy.run_path(os.path.join(_HERE, "outreach", "ground", "log_lines.py"))["Lines"]
_LINES = _Lines(os.environ.get("OUTREACH_LOG", "").strip().casefold() or "plain")


class logger_class(Logger):
    """gunicorn's own lines in the form of ours, without the addresses that it names when a page breaks."""

    def setup(self, cfg):
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(_LINES)


# The figures of all processes stand in files of one folder, of which each first process makes its own.
_OWN = f"outreach-metrics-{os.getpid()}-"
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

if os.environ.get("METRICS_TOKEN") or os.environ.get("METRICS_TOKEN_FILE"):
    given = os.environ.get(_FOLDER, "")
    if not given or (f"{os.sep}outreach-metrics-" in given and _OWN not in given):
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix=_OWN)


def on_starting(server):
    """Figures of processes that are no more are nobody's: counters begin anew, as Prometheus expects of them."""
    folder = os.environ.get(_FOLDER, "")
    if folder:
        os.makedirs(folder, exist_ok=True)
        for file in glob.glob(os.path.join(folder, "*.db")):
            os.unlink(file)


def post_worker_init(worker):
    """From here on a line says of which request it is. systemd is told that pages are answered, once the first worker
    can. Ctrl-C comes to each process and through the first one besides: twice, it ended in a traceback, or waited for
    itself for ever. A worker ends for the first one's word alone, in one way, and lets what it has begun have a second.
    """

    def end_soon(number, frame):
        worker.cfg.set("graceful_timeout", 1)
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, end_soon)
    for ours in logging.getLogger().handlers:
        if type(ours).__name__ == "Out":
            for handler in worker.log.error_log.handlers:
                handler.setFormatter(ours.formatter)
    if _told:
        # A worker that begins when nobody listens any more answers all the same.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.connect("\0" + _told[1:] if _told.startswith("@") else _told)
            line.sendall(b"READY=1")


def worker_int(worker):
    """One that is still loading the service ends at once, and hears no second word."""
    for which in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(which, signal.SIG_IGN)


def child_exit(server, worker):
    """What a process that ended counted is kept; what it held at the moment (connections) is not."""
    folder = os.environ.get(_FOLDER, "")
    if folder:
        for file in glob.glob(os.path.join(folder, f"gauge_live*_{worker.pid}.db")):
            os.unlink(file)


def on_exit(server):
    folder = os.environ.get(_FOLDER, "")
    if _OWN in folder:
        shutil.rmtree(folder, ignore_errors=True)
