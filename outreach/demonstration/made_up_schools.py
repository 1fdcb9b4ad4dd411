"""The schools of Marlshire, one after the other: where, of which kind, how large; and what became of closed
ones. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count, cycle
from random import Random
from types import MappingProxyType

from outreach.demonstration import land, names
from outreach.demonstration.land import Land, Town
from outreach.ground.geography import Place

NAME = "Marlshire"
LA_CODE = "987"
"""No authority has this code."""

Row = dict[str, object]
"""One line of the register or of its links file, by column name; what is missing is empty."""


class Maker:
    """Adds school after school to `rows`, and what became of the closed ones to `links`."""

    def __init__(self, random: Random, ground: Land, academic_year: int) -> None:
        self.random = random
        self.ground = ground
        self.year = academic_year
        self.rows: list[Row] = []
        self.links: list[Row] = []
        self._organisation_ids = count(990001)
        self._postcodes = {town.name: _postcodes(n) for n, town in enumerate(ground.towns, 1)}
        self._phones = cycle(range(100, 1000))
        self._names = names.Names(random)

    def build(self) -> None:
        three_tier = [t for t in self.ground.towns if t.district == "North Marl"]
        two_tier = [t for t in self.ground.towns if t.district != "North Marl"]
        for town in [*self.ground.towns, *apportioned(160, self.ground.towns)]:
            self._primary(town)
        for town in apportioned(8, three_tier):
            self._state(town, "middle", "Middle deemed secondary", 9, 13, self._about(480))
        for town in apportioned(2, three_tier):
            self._state(town, "middle", "Middle deemed primary", 8, 12, self._about(300))
        for town in apportioned(4, three_tier):
            self._state(town, "upper", "Secondary", 13, 18, self._about(980))
        for n, town in enumerate(apportioned(45, two_tier)):
            high = 16 if n % 3 == 0 else 18
            self._state(town, "secondary", "Secondary", 11, high, self._about(840 if high == 16 else 1120))
        for n, town in enumerate(apportioned(6, two_tier)):
            low, high = ((4, 18), (3, 16), (2, 19))[n % 3]
            self._state(town, "all-through", "All-through", low, high, self._about(1340))
        self._special()
        self._alternative()
        self._independent()
        self._outside_the_target()
        self._awkward()
        self._trusts()

    def _about(self, pupils: int) -> int:
        return max(12, round(self.random.gauss(pupils, pupils / 5)))

    def _primary(self, town: Town) -> None:
        first = town.district == "North Marl" and self.random.random() < 0.7
        kind, low, high = "primary", self.random.choice((2, 3, 4, 4, 5)), 11
        if first:
            kind, high = "first", 9
        elif town.share > 0.05 and self.random.random() < 0.15:
            kind, low, high = self.random.choice((("infant", 4, 7), ("junior", 7, 11)))
        rural = self.random.random() > town.share * 6
        self._state(town, kind, "Primary", low, high, self._about(90 if rural else 310), rural=rural)

    def _state(
        self, town: Town, kind: str, phase: str, low: int, high: int, pupils: int, *, rural: bool = False
    ) -> Row:
        """A state-funded mainstream school."""
        faith = self.random.random() < (0.45 if phase == "Primary" else 0.12)
        academy = self.random.random() < (0.4 if phase == "Primary" else 0.85)
        if academy:
            establishment = self.random.choice(
                ("Academy converter", "Academy converter", "Academy sponsor led")
            )
        elif faith:
            establishment = self.random.choice(("Voluntary controlled school", "Voluntary aided school"))
        else:
            establishment = self.random.choice(("Community school", "Community school", "Foundation school"))
        return self._school(
            town,
            self._names.state(town.name, kind, faith=faith, academy=academy, rural=rural),
            establishment,
            phase,
            ages=(low, high),
            pupils=pupils,
            spread=3.0 if rural else None,
            more={"Trusts (name)": self.random.choice(names.TRUSTS)} if academy else {},
        )

    def _special(self) -> None:
        kinds = (
            ("Community special school", 2, 19),
            ("Community special school", 4, 16),
            ("Academy special converter", 11, 16),
            ("Academy special converter", 4, 19),
            ("Free schools special", 7, 16),
            ("Non-maintained special school", 5, 19),
        )
        for n, town in enumerate(apportioned(12, self.ground.towns)):
            establishment, low, high = kinds[n % len(kinds)]
            # The register holds no number for some: a special school is then unknown, never 0.
            pupils = None if n in (3, 8) else self._about(110)
            self._school(
                town,
                self._names.special(town.name),
                establishment,
                "Not applicable",
                ages=(low, high),
                pupils=pupils,
            )

    def _alternative(self) -> None:
        kinds = (
            "Pupil referral unit",
            "Academy alternative provision converter",
            "Free schools alternative provision",
        )
        for n, town in enumerate(apportioned(6, self.ground.towns)):
            ages = (5, 11) if n == 5 else ((11, 16), (5, 16), (13, 16))[n % 3]
            self._school(
                town,
                self._names.alternative(town.name),
                kinds[n % 3],
                "Not applicable",
                ages=ages,
                pupils=(None, 0, 34, 41, 12, 9)[n],
            )

    def _independent(self) -> None:
        for n, town in enumerate(apportioned(16, self.ground.towns)):
            establishment = "Other independent special school" if n % 5 == 4 else "Other independent school"
            # Nine of them without ages; three of these have no phase either and must be settled by hand.
            ages = None if n % 2 or n > 13 else ((3, 18), (11, 18), (4, 13), (2, 11))[n // 2 % 4]
            phase = "Not applicable"
            if ages is None and n % 3:
                phase = ("Secondary", "All-through", "", "Primary")[n % 4]
            self._school(
                town,
                self._names.independent(town.name),
                establishment,
                phase,
                ages=ages,
                pupils=None if n in (6, 9) else self._about(320),
                trust_site=False,
            )

    def _outside_the_target(self) -> None:
        """What the register lists beside schools: none of these is ever in a target."""
        town = self.ground.towns
        for n in range(4):
            self._school(
                town[n],
                f"{town[n].name} Nursery School",
                "Local authority nursery school",
                "Nursery",
                ages=(2, 5),
                pupils=self._about(70),
            )
        self._school(
            town[0], "Marlford and County College", "Further education", "16 plus", ages=(16, 99), pupils=None
        )
        self._school(
            town[0],
            "Ostlegate Sixth Form Academy",
            "Free schools 16 to 19",
            "16 plus",
            ages=(16, 19),
            pupils=412,
        )
        self._school(
            town[1],
            "Kestermere Studio School of Boatbuilding",
            "Studio schools",
            "Secondary",
            ages=(14, 19),
            pupils=140,
        )
        for n in (0, 3):
            self._school(
                town[n],
                f"{town[n].name} Children's Centre",
                "Children's centre",
                "Not applicable",
                ages=None,
                pupils=None,
            )
        self._school(
            town[4], "Marlshire Online Tuition", "Online provider", "Not applicable", ages=None, pupils=None
        )

    def _awkward(self) -> None:
        self._closures()
        by_phase = [
            r
            for r in self.rows
            if r["PhaseOfEducation (name)"] in ("Secondary", "Middle deemed secondary")
            and r["EstablishmentStatus (name)"] == "Open"
        ]
        for row in by_phase[5:20:9]:
            row["EstablishmentStatus (name)"] = "Open, but proposed to close"
            row["CloseDate"] = day_in_file(date(self.year + 1, 8, 31))
        for row in (by_phase[11], by_phase[27], self.rows[30], self.rows[80]):
            row["Easting"] = row["Northing"] = ""
        for row in (by_phase[27], by_phase[33], self.rows[55]):
            row["DistrictAdministrative (code)"] = row["DistrictAdministrative (name)"] = ""
        for row, pattern in zip(by_phase[7::6], names.AWKWARD, strict=False):
            name = row["EstablishmentName"] = pattern.format(row["Town"])
            row["SchoolWebsite"] = f"https://www.{names.slug(name)[:40].strip('-')}.example/"

    def _trusts(self) -> None:
        """Every academy and free school is run by a trust: most by a large one, special ones by one of their
        own, and now and then by one that runs nothing else. No lot is drawn, so that the county stays as it
        is."""
        alone = 0
        for row in self.rows:
            kind = str(row["TypeOfEstablishment (name)"])
            if (
                not kind.startswith(("Academy", "Free schools", "Studio"))
                or row["EstablishmentStatus (name)"] == "Closed"
            ):
                continue
            if "special" in kind or "alternative" in kind:
                row["Trusts (name)"] = names.SPECIAL_TRUST
            elif not row.get("Trusts (name)"):
                row["Trusts (name)"] = names.TRUSTS[0]
            elif row["PhaseOfEducation (name)"] == "Secondary" and not _shares_a_site(row):
                alone += 1
                if alone % 6 == 0:
                    row["Trusts (name)"] = f"{row['EstablishmentName']} Trust"

    def _closures(self) -> None:
        """Became an academy, merged, split, or closed for good; the links file tells which."""
        closed, opened = date(self.year - 1, 8, 31), date(self.year - 1, 9, 1)
        towns = {town.name: town for town in self.ground.towns}

        def old(town: str, name: str, phase: str, low: int, high: int, pupils: int) -> Row:
            return self._school(
                towns[town],
                name,
                "Community school",
                phase,
                ages=(low, high),
                pupils=pupils,
                more={"EstablishmentStatus (name)": "Closed", "CloseDate": day_in_file(closed)},
            )

        def new(town: str, name: str, phase: str, low: int, high: int, pupils: int) -> Row:
            return self._school(
                towns[town],
                name,
                "Academy sponsor led",
                phase,
                ages=(low, high),
                pupils=pupils,
                more={"OpenDate": day_in_file(opened), "Trusts (name)": names.TRUSTS[0]},
            )

        before = old("Saxby Regis", "Saxby Regis Weavers School", "Secondary", 11, 16, 690)
        self._succeed(
            before, new("Saxby Regis", "Saxby Regis Weavers Academy", "Secondary", 11, 16, 702), opened
        )
        north = old("Tealbury", "Tealbury Mill Lane Girls' School", "Secondary", 11, 16, 410)
        south = old("Tealbury", "Tealbury Osier Bank Boys' School", "Secondary", 11, 16, 385)
        merged = new("Tealbury", "Tealbury United Academy", "Secondary", 11, 18, 870)
        self._succeed(north, merged, opened, kind="Successor - merged")
        self._succeed(south, merged, None, kind="Successor - amalgamated")
        whole = old("Marlford", "Marlford Three Bridges School", "All-through", 4, 16, 1240)
        for name, phase, low, high, pupils in (
            ("Marlford Three Bridges Primary Academy", "Primary", 4, 11, 410),
            ("Marlford Three Bridges High Academy", "Secondary", 11, 16, 835),
        ):
            self._succeed(
                whole,
                new("Marlford", name, phase, low, high, pupils),
                opened,
                kind="Successor - Split School",
            )
        old("Hassocks End", "Hassocks End Secondary Modern School", "Secondary", 11, 16, 120)

    def _succeed(self, old: Row, new: Row, day: date | None, kind: str = "Successor") -> None:
        for this, other, word in ((old, new, kind), (new, old, kind.replace("Successor", "Predecessor"))):
            self.links.append(
                {
                    "URN": this["URN"],
                    "LinkURN": other["URN"],
                    "LinkName": other["EstablishmentName"],
                    "LinkType": word,
                    "LinkEstablishedDate": day_in_file(day) if day else "",
                }
            )

    def _school(
        self,
        town: Town,
        name: str,
        establishment: str,
        phase: str,
        *,
        ages: tuple[int, int] | None,
        pupils: int | None,
        spread: float | None = None,
        trust_site: bool = True,
        more: Mapping[str, object] = MappingProxyType({}),
    ) -> Row:
        district = next(d for d in self.ground.districts if d.name == town.district)
        place = land.place_inside(self.random, district, town.place, spread or 1.3 + 9 * town.share)
        organisation_id = next(self._organisation_ids)
        row = {
            "URN": organisation_id,
            "LA (code)": LA_CODE,
            "LA (name)": NAME,
            "EstablishmentNumber": organisation_id - 988001,
            "EstablishmentName": name,
            "TypeOfEstablishment (name)": establishment,
            "EstablishmentStatus (name)": "Open",
            "PhaseOfEducation (name)": phase,
            "StatutoryLowAge": ages[0] if ages else "",
            "StatutoryHighAge": ages[1] if ages else "",
            "NumberOfPupils": "" if pupils is None else pupils,
            "CensusDate": "" if pupils is None else _census_day(self.year).strftime("%d-%m-%Y"),
            "PercentageFSM": "" if pupils is None else (organisation_id * 37 % 400) / 10,
            "Federations (name)": f"The {town.name} Federation" if organisation_id % 23 == 0 else "",
            "UrbanRural (name)": _urban_or_rural(town),
            "SchoolCapacity": "" if pupils is None else round(pupils * 1.1, -1),
            "Gender (name)": "Mixed",
            "Street": f"{self.random.randint(1, 180)} {self.random.choice(names.STREETS)}",
            "Town": town.name,
            "County (name)": NAME,
            "Postcode": next(self._postcodes[town.name]),
            "SchoolWebsite": self._website(name, str(more.get("Trusts (name)", "")) if trust_site else ""),
            "TelephoneNum": f"01632 960{next(self._phones):03d}",
            "HeadPreferredJobTitle": "Headteacher",
            "DistrictAdministrative (code)": district.code,
            "DistrictAdministrative (name)": district.name,
            "AdministrativeWard (name)": f"{town.name} ward",
            **_place_cells(place),
            **more,
        }
        self.rows.append(row)
        return row

    def _website(self, name: str, trust: str) -> str:
        """Mostly a host of its own; some schools share their trust's, some have none."""
        lot = self.random.random()
        if lot < 0.04:
            return ""
        if trust and lot < 0.25:
            return f"https://www.{names.slug(trust)}.example/{names.slug(name)}"
        host = f"www.{names.slug(name)}.example"
        return (host, f"http://{host}", f"https://{host}/")[int(lot * 100) % 3]


def _census_day(academic_year: int) -> date:
    """The third Thursday of the January before an academic year, when schools count for the census."""
    first = date(academic_year, 1, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 14)


def _urban_or_rural(town: Town) -> str:
    """The register’s words: the county town and the largest of each district are urban, the rest are not."""
    if town.district == "Marlford City":
        return "(England/Wales) Urban city and town"
    if town.name == land.TOWNS[town.district][0]:
        return "(England/Wales) Urban city and town in a sparse setting"
    return f"(England/Wales) Rural {'town and fringe' if town.share > 0.02 else 'village'}"


def _shares_a_site(row: Row) -> bool:
    """Whether a school's website is its trust's."""
    return names.slug(str(row["Trusts (name)"])) in str(row["SchoolWebsite"])


def apportioned(total: int, towns: Sequence[Town]) -> list[Town]:
    """`total` schools shared out over towns by their people, largest remainders first."""
    whole = sum(town.share for town in towns)
    wanted = {town.name: total * town.share / whole for town in towns}
    counts = {name: int(n) for name, n in wanted.items()}
    for name in sorted(wanted, key=lambda n: counts[n] - wanted[n])[: total - sum(counts.values())]:
        counts[name] += 1
    return [town for town in towns for _ in range(counts[town.name])]


def _place_cells(place: Place) -> Row:
    return {"Easting": place.easting, "Northing": place.northing}


def _postcodes(district: int) -> Iterator[str]:
    """ZZ is no postcode area; the inward part has the letters that real ones have."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    for n in count():
        yield f"ZZ{district} {n // 400 % 10}{letters[n // 20 % 20]}{letters[n % 20]}"


def day_in_file(day: date) -> str:
    """As the register writes days."""
    return day.strftime("%d-%m-%Y")
