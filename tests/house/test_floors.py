"""The order of the floors, and no circle inside a room."""

import plan

from outreach import tables
from outreach.ground.db import db


def test_every_room_stands_on_a_floor() -> None:
    assert {plan.room(m) for m in plan.modules()} - set(plan.FLOORS) == set()


def test_a_file_imports_only_from_its_own_room_or_a_lower_floor() -> None:
    wrong = []
    for module, path in plan.modules().items():
        here = plan.room(module)
        for other, line in plan.ours(path):
            there = plan.room(other)
            if there not in (here, "") and plan.FLOORS[there] >= plan.FLOORS[here]:
                wrong.append(f"{plan.said(path, line)} imports {other}")
            if there == "" and here not in ("", "wsgi"):
                wrong.append(f"{plan.said(path, line)} imports {other}")
    assert wrong == []


def test_no_import_goes_in_a_circle() -> None:
    known = plan.modules()
    # A package is imported with each of its modules; only what it imports itself counts.
    arrows = {
        m: {o for o, _ in plan.ours(p) if o != m and not m.startswith(o + ".")} for m, p in known.items()
    }
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module in done:
            return
        for other in sorted(arrows[module]):
            walk(other, (*way, module))
        done.add(module)

    for module in known:
        walk(module, ())


def test_no_two_folders_import_each_other() -> None:
    """A folder is a smaller room, with its own place in the order."""
    assert plan.folders_both_ways() == []


def test_no_folder_stands_more_than_three_deep() -> None:
    assert [m for m in plan.modules() if m.count(".") > 3] == []


def test_foreign_keys_point_down_except_to_the_partnership() -> None:
    assert tables
    room_of = {
        mapper.local_table.name: plan.room(mapper.class_.__module__) for mapper in db.Model.registry.mappers
    }
    wrong = [
        f"{table.name}.{key.parent.name} -> {key.column.table.name}"
        for table in db.metadata.sorted_tables
        for key in table.foreign_keys
        if plan.FLOORS[room_of[table.name]] < plan.FLOORS[room_of[key.column.table.name]]
        and "partnership_id" not in key.constraint.column_keys
    ]
    assert wrong == []


def test_relationships_point_down() -> None:
    wrong = [
        f"{mapper.class_.__name__}.{relation.key}"
        for mapper in db.Model.registry.mappers
        for relation in mapper.relationships
        if plan.FLOORS[plan.room(mapper.class_.__module__)]
        < plan.FLOORS[plan.room(relation.mapper.class_.__module__)]
    ]
    assert wrong == []
