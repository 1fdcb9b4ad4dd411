"""What ends a loop: signals that come at the worst moments."""

import subprocess
import sys

from begun import ROOT

SIGNAL_AT_EVERY_LINE = """
import signal, sys
from outreach.cli.stopping import StopSignal
stop = StopSignal()
assert not stop.is_set()
left = 50
def trace(*_):
    global left
    if left:
        left -= 1
        signal.raise_signal(signal.SIGTERM if left % 2 else signal.SIGINT)
    return trace
sys.settrace(trace)
stop.wait(100)
sys.settrace(None)
assert left < 50 and stop.is_set()
stop.wait(100)
print("ended")
"""


def test_a_second_signal_in_the_middle_of_the_first_ends_the_loop_and_never_hangs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SIGNAL_AT_EVERY_LINE], capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "ended\n", done.stderr


def test_a_loop_that_nobody_ends_goes_on_after_its_wait() -> None:
    script = "from outreach.cli.stopping import StopSignal as S; s = S(); s.wait(0.01); print(s.is_set())"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"


A_WORKER = """
import runpy, signal
from types import SimpleNamespace
told = []
worker = SimpleNamespace(
    log=SimpleNamespace(error_log=SimpleNamespace(handlers=[])),
    cfg=SimpleNamespace(set=lambda *setting: told.append(setting)),
    handle_exit=lambda *_: told.append("ends"),
)
hooks = runpy.run_path("gunicorn.conf.py")
hooks["post_worker_init"](worker)
signal.raise_signal(signal.SIGINT)
assert told == []
signal.raise_signal(signal.SIGQUIT)
assert told == [("graceful_timeout", 1), "ends"]
hooks["worker_int"](worker)  # as one that still loads the service calls it
for which in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    signal.raise_signal(which)
"""


def test_a_worker_of_the_pages_ends_for_its_first_process_alone_and_once() -> None:
    done = subprocess.run([sys.executable, "-c", A_WORKER], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
