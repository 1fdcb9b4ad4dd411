"""Entry point for gunicorn.

The collector waits while the service is put together: nothing that is made then is garbage, and it is not gone through
again with every later collection, which took longer than the largest pages did themselves.
"""

import atexit
import gc

gc.disable()

from outreach import create_app  # noqa: E402

app = create_app()
gc.freeze()
atexit.register(gc.unfreeze)  # so that a command closes its database as it ends
gc.enable()
