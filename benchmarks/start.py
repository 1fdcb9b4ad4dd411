"""What one process of the service costs: processor until its application is made, memory then and after one
page.

  python benchmarks/start.py [--quick | --smoke]

Floor in the same run, by turns: a bare Flask service with Flask-SQLAlchemy and a page of one SELECT
(bare_start.py). Each starts in a fresh process on the same SQLite, all modules of both compiled beforehand;
ours then shows the slot page of a school. Memory is what the process holds, with its share of what it holds
together with others (PSS); all of that (RSS) is printed too.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from serving import ROOT, databases, environment, options, say, size, status
from slots import county

PROCESSOR, MEMORY = 3.0, 1.8
DAYS = 20

STARTED = """
import json, resource, sys
from importlib import import_module

def memory():
    lines = open("/proc/self/smaps_rollup").read().splitlines()[1:]
    return {line[:3]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("Pss:", "Rss:"))}

module, path = sys.argv[1:]
app = import_module(module).app
used = resource.getrusage(resource.RUSAGE_SELF)
started = {"processor": used.ru_utime + used.ru_stime, "modules": len(sys.modules), "made": memory()}
answer = app.test_client().get(path)
assert answer.status_code == 200, answer.status
print(json.dumps(started | {"served": memory()}))
"""


def started(module: str, path: str, env: dict[str, str]) -> dict[str, Any]:
    """What a fresh process says of itself: seconds of the processor, megabytes, how many modules it has."""
    done = subprocess.run(
        [sys.executable, "-c", STARTED, module, path], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


def compiled_once(url: str, folder: Path) -> dict[str, str]:
    """The settings of a process that keeps what it compiled for the next."""
    env = environment(url, folder) | {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def main() -> int:
    asked = options(__doc__, quick="fewer starts", on=()).parse_args()
    times = size(asked, 15, 5, 1)
    with databases(["sqlite"]) as fresh:
        for _, url, folder in fresh:
            _, token = county(url, folder, DAYS)
            env = environment(url, folder) if asked.smoke else compiled_once(url, folder)
            both = (("wsgi", f"/i/{token}"), ("bare_start", "/one"))
            for module, path in () if asked.smoke else both:
                started(module, path, env)
            turns = [[started(module, path, env) for module, path in both] for _ in range(times)]
    ours, bare = (list(one) for one in zip(*turns, strict=True))
    ratio = median(a["processor"] / b["processor"] for a, b in turns)
    seconds = [median(each["processor"] for each in which) for which in (ours, bare)]
    modules = f"{ours[0]['modules']} modules, bare {bare[0]['modules']}"
    detail = f"({seconds[0]:.2f} s, bare {seconds[1]:.2f} s; {modules})"
    reached = say("start: processor until the application is made", ratio, PROCESSOR, detail=detail)
    for words, when in (("made", "made"), ("a page is served", "served")):
        held = {
            kind: [median(each[when][kind] for each in which) for which in (ours, bare)]
            for kind in ("Pss", "Rss")
        }
        (own, floor), (own_all, floor_all) = held["Pss"], held["Rss"]
        detail = f"({own:.0f} MB, bare {floor:.0f} MB; RSS {own_all / floor_all:.3g}x, {own_all:.0f} and {floor_all:.0f} MB)"
        reached &= say(f"start: memory once {words}", own / floor, MEMORY, detail=detail)
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
