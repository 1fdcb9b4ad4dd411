"""What ends a loop: signals that come at the worst moments."""

import subprocess
import sys

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
