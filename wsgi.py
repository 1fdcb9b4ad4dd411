"""Entry point for gunicorn.

The collector waits while the service is put together: nothing that is made then is garbage.
"""

import gc

gc.disable()

from outreach import create_app  # noqa: E402

app = create_app()
gc.enable()
