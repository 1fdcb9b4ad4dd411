"""The letters of these tests are written for a partnership and about a programme, which it knows by their numbers alone."""

import pytest
from flask import Flask

from post.facts import put_down


@pytest.fixture
def app(app: Flask) -> Flask:
    """The service, with the partnerships and programmes of the facts."""
    put_down()
    return app
