"""The service as its processes run, with a clock that a journey can put forward (later.py)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from processes import Service, running


@pytest.fixture
def forward(tmp_path: Path) -> Path:
    """How many days the clock of the service is put forward."""
    file = tmp_path / "days_forward"
    file.write_text("0")
    return file


@pytest.fixture
def service(app: Flask, database_url: str, tmp_path: Path, forward: Path) -> Iterator[Service]:
    settings = {"DAYS_FORWARD": str(forward), "PYTHONPATH": str(Path(__file__).parent)}
    with running(database_url, tmp_path, app="later", **settings) as service:
        yield service
