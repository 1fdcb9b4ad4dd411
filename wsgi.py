"""What gunicorn serves."""

import gc

from outreach import create_app

app = create_app()

# What was loaded lives as long as the process: the collector need not walk over it at every page.
gc.collect()
gc.freeze()
