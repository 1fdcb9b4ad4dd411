"""Entry point for gunicorn.

The collector waits while the service is put together: nothing that is made then is garbage, and it is not gone through
again with every later collection, which took longer than the largest pages did themselves.
"""

import atexit
import gc
import sys

gc.disable()

from outreach import create_app  # noqa: E402
from outreach.ground.db import db  # noqa: E402
from outreach.ground.errors import ConfigError  # noqa: E402

try:
    app = create_app()
except ConfigError as refused:
    # A command ends with one line for a person and status 1. gunicorn logs what is raised, and gives up: a SystemExit
    # it would take for a worker that ended, and begin another for ever.
    said = f"Outreach does not start. {refused}"
    sys.excepthook = lambda *_: print(said, file=sys.stderr)
    raise
gc.freeze()
gc.enable()


@atexit.register
def _close_database() -> None:
    """As a command ends. To take all that is frozen to pieces would close it too, and takes a second."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
