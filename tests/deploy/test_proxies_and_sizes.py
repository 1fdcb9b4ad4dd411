"""deploy/nginx and deploy/caddy say the same where both can; PostgreSQL takes each of its three sizes."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from units import DEPLOY

import postgres as postgres_for_tests

NGINX = (DEPLOY / "nginx/outreach.conf").read_text()
CADDY = (DEPLOY / "caddy/Caddyfile").read_text()
SIZES = ("small", "county", "england")


def test_caddy_keeps_the_same_addresses_out_of_its_log_and_off_http() -> None:
    keys, programs = (re.findall(r"\^/\(([a-z|-]+)\)\(/\|\$\)", conf) for conf in (NGINX, CADDY))
    assert sorted(keys) == sorted(programs) and len(keys) == 2
    assert "client_max_body_size 100m;" in NGINX and "max_size 100MB" in CADDY
    for name, theirs in (("client_header_timeout", "read_header"), ("client_body_timeout", "read_body")):
        assert re.findall(rf"{name} (\d+s);", NGINX) == re.findall(rf"{theirs} (\d+s)", CADDY) != []


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not here")
@pytest.mark.long
def test_caddy_takes_its_file() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "caddy/Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "Valid configuration" in done.stderr + done.stdout, done.stderr


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """That PostgreSQL's account may enter, which tmp_path is not."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_postgresql_takes_each_size_and_logs_no_statement(open_folder: Path) -> None:
    memory = []
    for size in SIZES:
        words = (DEPLOY / f"postgresql/{size}.conf").read_text()
        (open_folder / "postgresql.conf").write_text(words)
        assert _read(open_folder, "max_connections") == _said(words, "max_connections"), size
        assert _read(open_folder, "log_statement") == "none", size
        assert _read(open_folder, "log_min_duration_statement") == "-1", size
        assert _read(open_folder, "log_parameter_max_length") == "0", size
        memory.append(int(_read(open_folder, "shared_buffers")))
    assert memory == sorted(set(memory))
    (open_folder / "postgresql.conf").write_text(words + "shared_bufers = 1GB\n")
    with pytest.raises(AssertionError, match="shared_bufers"):
        _read(open_folder, "max_connections")


def _said(words: str, name: str) -> str:
    return re.findall(rf"^{name} = (\S+)$", words, re.MULTILINE)[0]


def _read(folder: Path, name: str) -> str:
    """What a server with these files would be told, without starting it; it refuses root."""
    user = None
    if os.geteuid() == 0:
        user = (
            "postgres"
            if subprocess.run(["id", "postgres"], capture_output=True).returncode == 0
            else "nobody"
        )
    programs = postgres_for_tests.binaries()
    if user:
        programs = postgres_for_tests.for_another_user(programs, folder)
    done = subprocess.run(
        [programs / "postgres", "-D", folder, "-C", name], capture_output=True, text=True, user=user, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
