"""Entry point for gunicorn and for every command.

The collector waits while the service is put together: nothing that is made then is garbage, and it is not gone through
again with every later collection, which took longer than the largest pages did themselves.
"""

import atexit
import gc
import signal
import sys

gc.disable()

from outreach import create_app  # noqa: E402
from outreach.ground import last_words  # noqa: E402
from outreach.ground.db import db  # noqa: E402

# A command ends with one line for a person and status 1. gunicorn logs what is raised, and gives up: a SystemExit it
# would take for a worker that ended, and begin another for ever.
sys.excepthook = last_words.say
app = create_app()
gc.freeze()
gc.enable()


@atexit.register
def _close_database() -> None:
    """As a command ends, whatever signal comes now. To take all that is frozen to pieces would close it too, and takes
    a second."""
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, signal.SIG_IGN)
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
