"""The outcomes page beside its rows alone, over 2,000 performances and 200,000 answers; and its queries.

  python benchmarks/outcomes.py [--quick | --smoke] [--database sqlite|postgresql]

The floor is what the page cannot do without: the released shows with their waves and pupils, and the answers counted by
item, read in the same process on the same database. The page is asked for through the app, without a server.
"""

import os
import sys
from pathlib import Path
from random import Random

from serving import databases, environment, kinds, median_seconds, options, say, size, status

ASKED = 3.0
ANSWERS_EACH = 100


def shows(number: int, seed: int = 5) -> list:
    """Shows at schools of four types in twelve districts, 100 answers each in their three waves."""
    import answered

    random, found = Random(seed), []
    for n in range(number):
        district, kind = (
            random.randrange(12),
            random.choice(["Academy converter", "Community school", "Special"]),
        )
        said = {}
        for wave, share, part in (("before", 0.45, 0.4), ("after", 0.8, 0.36), ("later", 0.65, 0.24)):
            answers = round(ANSWERS_EACH * part)
            yes = sum(random.random() < share for _ in range(answers))
            said[wave] = (yes, answers - yes)
        school = {
            "district_code": f"E07{district:06}",
            "district_name": f"District {district}",
            "type_of_establishment": kind,
        }
        found.append(answered.Show(said=said, school=school, pupils={8 + n % 2: 60}, weeks=n % 30))
    return found


def page(kind: str, url: str, folder: Path, number: int, rounds: int) -> bool:
    """The page beside its rows, and whether one show and many ask as often."""
    os.environ.update(environment(url, folder))
    from sqlalchemy import event

    import answered
    import make
    from outreach import create_app
    from outreach.ground import whose
    from outreach.ground.db import db, transaction
    from outreach.outcomes import releases, wave_means
    from outreach.tour.programmes import Programme

    app = create_app({})
    with app.app_context():
        with transaction():
            few, many = answered.lay(shows(3)), answered.lay(shows(number), la_code="932")
            ids = few.programme.id, many.programme.id
        with transaction() as session:
            session.execute(db.text("ANALYZE"))

        def rows() -> None:
            db.session.expunge_all()
            programme = db.session.get_one(Programme, ids[1])
            released = releases.of_programme(programme)
            items = wave_means.items_asked([wave.id for wave in released.waves])
            wave_means.means_by_item(released.shows, released.waves, items)

        client = app.test_client()
        sent: list[int] = []
        counted: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *told: counted.append(told[2]))
        for told, programme_id in zip((few, many), ids, strict=True):
            make.signed_in(client, db.session.merge(told.person))
            db.session.expunge_all()
            client.get(f"/desk/outcomes?programme={programme_id}")
            counted.clear()
            answer = client.get(f"/desk/outcomes?programme={programme_id}")
            assert answer.status_code == 200, (answer.status, answer.headers)
            sent.append(len([one for one in counted if not one.startswith(("BEGIN", whose.MARK))]))
        whole = median_seconds(lambda: client.get(f"/desk/outcomes?programme={ids[1]}"), rounds)
        alone = median_seconds(rows, rounds)
        db.session.remove()
        db.engine.dispose()
    print(f"queries, {kind}: {sent[0]} with 3 shows, {sent[1]} with {number}")
    detail = f"({whole * 1000:.0f} ms, the rows {alone * 1000:.0f} ms)"
    return say(f"outcomes, {kind}", whole / alone, ASKED, detail=detail) and sent[0] == sent[1]


def main() -> int:
    told = options(__doc__, quick="fewer rounds").parse_args()
    with databases(kinds(told)) as fresh:
        reached = [page(*each, size(told, 2000, 2000, 12), size(told, 9, 3, 1)) for each in fresh]
    return status(told, all(reached))


if __name__ == "__main__":
    sys.exit(main())
