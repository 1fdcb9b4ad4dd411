"""The PostgreSQL server of the tests runs as another user than root, who cannot enter root's home."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from postgres import for_another_user


@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_programs_that_another_user_cannot_reach_are_copied(mode: int) -> None:
    with TemporaryDirectory(dir="/tmp") as top:  # pytest's own folders are its user's alone
        Path(top).chmod(0o755)
        home, folder = Path(top, "home"), Path(top, "folder")
        programs = home / "install" / "bin"
        programs.mkdir(parents=True)
        folder.mkdir()
        (programs / "postgres").write_text("program")
        (programs.parent / "lib").mkdir()
        home.chmod(mode)
        found = for_another_user(programs, folder)
        assert found == (programs if mode == 0o755 else folder / "programs" / "bin")
        assert (found / "postgres").read_text() == "program"
        assert (found.parent / "lib").is_dir()
