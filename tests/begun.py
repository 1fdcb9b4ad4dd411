"""Python processes that tests begin, ready in a fraction of a second: each is forked from one process of its worker that has
imported the service and holds nothing else, where a new one would import it again.

    Begun(["flask", "--app", "wsgi", "post", "send"], env=…, cwd=…)     # as after `python -m`
    Begun(["-c", code, "…"], …)
    begun_and_done(["flask", "--app", "wsgi", "backup"], capture_output=True, text=True)

It is a process as any other: with an environment, a folder, files and an exit status of its own, to be killed at will. Where it
matters how a real one starts (journeys/test_recipe.py, deploy/), it is started for real.
"""

import array
import atexit
import ctypes
import gc
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PR_SET_CHILD_SUBREAPER = 36

_alone = threading.Lock()
_first: socket.socket | None = None


class Begun(subprocess.Popen[Any]):
    """`words`: what stands behind `python -m`, or `-c` and a program."""

    def __init__(self, words: Sequence[str], **more: Any) -> None:
        self._words = list(words)
        super().__init__([sys.executable, *(words if words[0] == "-c" else ["-m", *words])], **more)

    def _execute_child(self, *given: Any) -> None:
        (_args, _executable, preexec_fn, _close, _pass, cwd, env, _info, _flags, _shell, *pipes) = given
        p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, *_who, session, _group = pipes
        if sys.platform != "linux":
            super()._execute_child(*given)  # type: ignore[misc]
            return
        assert preexec_fn is None
        told = {"words": self._words, "cwd": os.fspath(cwd or os.getcwd()), "session": session}
        assert ROOT in (here := Path(told["cwd"]).resolve(), *here.parents), "there is another release"
        told["env"] = dict(os.environ if env is None else env)
        files = [n if fd == -1 else fd for n, fd in enumerate((p2cread, c2pwrite, errwrite))]
        self.pid = _fork(told, files)
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]


def begun_and_done(
    words: Sequence[str], *, capture_output: bool = False, check: bool = False, **more: Any
) -> "subprocess.CompletedProcess[Any]":
    """As subprocess.run."""
    if capture_output:
        more |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Begun(words, **more) as process:
        out, err = process.communicate()
    done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def _fork(told: dict[str, Any], files: Sequence[int]) -> int:
    """The process id of a child of ours."""
    with _alone:
        line = _first or _begin_first()
        # What the first one forks is handed to us as its own parent ends, and is ours to wait for.
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        try:
            said = json.dumps(told).encode()
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))
            line.sendmsg([len(said).to_bytes(8, "big")], [rights])
            line.sendall(said)
            pid = int.from_bytes(_read(line, 8), "big")
        finally:
            libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    return pid


def _begin_first() -> socket.socket:
    global _first
    ours, its = socket.socketpair()
    with its:
        words = [sys.executable, __file__, str(its.fileno())]
        subprocess.Popen(words, pass_fds=[its.fileno()], cwd=ROOT, stdin=subprocess.DEVNULL)
    _first = ours
    return ours


def _read(line: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        more = line.recv(size - len(read))
        if not more:
            raise EOFError
        read += more
    return read


# What the first process does


def _import_the_service() -> None:
    import psycopg  # noqa: F401
    from flask import Flask
    from jinja2 import FileSystemBytecodeCache
    from sqlalchemy.orm import configure_mappers

    import outreach.cli
    import outreach.web

    outreach.web._import_pages()
    configure_mappers()
    kept = tempfile.mkdtemp(prefix="outreach-templates-")
    first = os.getpid()
    atexit.register(lambda: os.getpid() == first and shutil.rmtree(kept, ignore_errors=True))
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(kept)}


def _told(line: socket.socket) -> tuple[dict[str, Any], Sequence[int]]:
    head, files, *_ = socket.recv_fds(line, 8, 3)
    if not head:
        raise EOFError
    size = int.from_bytes(head + _read(line, 8 - len(head)), "big")
    return json.loads(_read(line, size)), files


def _become(told: dict[str, Any], files: Sequence[int]) -> None:
    """From here on it is as if it had just been started."""
    for n, file in enumerate(files):
        os.dup2(file, n)
        os.close(file)
    if told["session"]:
        os.setsid()
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["env"])
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # type: ignore[misc]
    at_once = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdout = sys.__stdout__ = open(1, "w", buffering=1 if at_once else -1, closefd=False)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = open(  # type: ignore[misc]
        2, "w", buffering=1, errors="backslashreplace", closefd=False
    )
    sys.path[0] = told["cwd"]
    sys.path[1:1] = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]


def _run(words: Sequence[str]) -> None:
    if words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(words[1], "<string>", "exec"), main.__dict__)
    else:
        sys.argv = list(words)
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)


def _first_process(line: socket.socket) -> Sequence[str]:
    """What a child of it is to run; it itself never returns, and ends with the tests."""
    gc.disable()
    sys.path[0] = str(ROOT)
    _import_the_service()
    gc.freeze()
    while True:
        try:
            told, files = _told(line)
        except EOFError:
            sys.exit()
        reads, writes = os.pipe()
        between = os.fork()
        if between:
            os.waitpid(between, 0)
            line.sendall(os.read(reads, 8))
            for file in (*files, reads, writes):
                os.close(file)
            continue
        child = os.fork()
        if child:
            os.write(writes, child.to_bytes(8, "big"))
            os._exit(0)
        line.close()
        os.close(reads)
        os.close(writes)
        _become(told, files)
        gc.enable()
        return list(told["words"])


if __name__ == "__main__":
    _run(_first_process(socket.socket(fileno=int(sys.argv[1]))))
