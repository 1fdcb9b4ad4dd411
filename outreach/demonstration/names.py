"""Names of the made-up schools, people and roads. No real school is meant by any; each holds a made-up
place."""

import re
import unicodedata
from collections.abc import Callable
from random import Random

TRUSTS = (
    "Lantern Learning Trust",
    "Marl Valley Academies Trust",
    "The Diocese of Marlford Schools Trust",
    "Five Rivers Federation",
)

SPECIAL_TRUST = "Bridgeways Specialist Education Trust"

STREETS = (
    "Ropewalk",
    "Tenter Lane",
    "Ferry Road",
    "Weaver's Row",
    "Old Saltway",
    "Chapel Rise",
    "Long Meadow",
    "Station Approach",
    "Pound Hill",
    "Quarry Drive",
    "Heron Close",
    "Bell Street",
    "Windmill Road",
    "The Strand",
)

SAINTS = (
    "St Alkelda's",
    "St Wite's",
    "St Rumwold's",
    "St Eadburh's",
    "St Fremund's",
    "St Arild's",
    "St Kyneburgh's",
    "St Werstan's",
    "St Ebba's",
    "St Wystan's",
    "Holy Rood",
    "All Hallows",
)

FEATURES = (
    "Castle",
    "Priory",
    "Riverside",
    "Tanners",
    "Lantern Hill",
    "Orchard",
    "Beacon",
    "Ropewalk",
    "Fairfield",
    "Kingfisher",
    "Saltway",
    "Abbey Fields",
    "Windmill",
    "Foxglove",
    "Heron",
    "Gatehouse",
    "Limekiln",
    "Meadow",
    "Packhorse",
    "Harbour",
    "Charterhouse Lane",
    "Tollgate",
    "Millstream",
    "Larkrise Hill",
)

VILLAGES = ("Nether {}", "Little {}", "{} Green", "{} Common", "Great {}", "{} Cross", "East {}", "{} Heath")

SPECIAL = (
    "Willows",
    "Bridgeways",
    "Sunnyhithe",
    "Compass",
    "Rowan Tree",
    "Larchwood",
    "Stepping Stones",
    "Beechhanger",
    "Harbourlight",
    "Springboard",
    "Kites",
    "Amber House",
)

ALTERNATIVE = (
    "Crossroads Centre",
    "New Start Academy",
    "Hospital School",
    "Bridge Unit",
    "Turning Point",
    "Nurture Base",
)

INDEPENDENT = (
    "{} College",
    "{} Hall",
    "The {} School",
    "{} Preparatory School",
    "{} Grange",
    "{} House School",
    "{} Manor",
)

AWKWARD = (
    "The Venerable Æthelgifu's Church of England (Voluntary Aided) High School with Sixth Form and Specially "
    "Resourced Provision for Hearing-Impaired Pupils, {}",
    "Zoë Okonjo-Brännström Academy, {}",
    "St Brónach's and St Níall's Catholic High School, {}",
    "King's School – the Queen’s Site, {}",
    "D'Oyly-Château {} School",
    '{} "Quays" Technology & Arts College',
)

FIRST = (
    "Joanna",
    "Oluwaseun",
    "Siân",
    "Mohammed",
    "Katarzyna",
    "Peter",
    "Aisling",
    "Ravi",
    "Chloë",
    "Yusuf",
    "Margaret",
    "Daniel",
    "Ifeoma",
    "Tom",
    "Hannah",
    "José",
    "Beth",
    "Farida",
    "Luke",
    "Mei",
)

LAST = (
    "Fell",
    "O'Hanlon",
    "Adeyemi",
    "Marsh",
    "Kowalczyk",
    "Whitcombe",
    "Begum",
    "Thackray-Jones",
    "Patel",
    "Lindqvist",
    "Stone",
    "Ní Bhriain",
    "Okafor",
    "Hale",
    "Winterbourne",
    "Núñez",
    "Clarke",
    "Rahman",
    "Pryce",
    "Chen",
)


class Names:
    """Hands out school names, none of them twice."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._given: set[str] = set()
        self._special = iter(random.sample(SPECIAL, len(SPECIAL)))

    def state(self, town: str, kind: str, *, faith: bool, academy: bool, rural: bool) -> str:
        noun = {
            "primary": "Primary",
            "first": "First",
            "infant": "Infant",
            "junior": "Junior",
            "middle": "Middle",
            "upper": "Upper",
            "secondary": "",
            "all-through": "",
        }[kind]
        end = "Academy" if academy and self.random.random() < 0.6 else "School"
        if kind == "secondary" and end == "School":
            end = self.random.choice(("School", "High School", "Community School"))
        place = self.random.choice(VILLAGES).format(town) if rural else town

        def a_name(extra: str) -> str:
            word = self.random.choice(SAINTS) if faith else extra
            church = self.random.choice(("CofE", "Church of England", "Catholic")) if faith else ""
            return " ".join(part for part in (place, word, church, noun, end) if part)

        plain = a_name("" if rural else self.random.choice(FEATURES))
        return self._fresh(plain, lambda: a_name(self.random.choice(FEATURES)))

    def special(self, town: str) -> str:
        return f"{next(self._special)} School, {town}"

    def alternative(self, town: str) -> str:
        return self._fresh("", lambda: f"{town} {self.random.choice(ALTERNATIVE)}")

    def independent(self, town: str) -> str:
        return self._fresh(
            "", lambda: self.random.choice(INDEPENDENT).format(f"{town} {self.random.choice(FEATURES)}")
        )

    def _fresh(self, first: str, again: Callable[[], str]) -> str:
        name = first or again()
        while name in self._given:
            name = again()
        self._given.add(name)
        return name


def slug(name: str) -> str:
    """'Zoë O'Hara School' -> 'zoe-ohara-school': what stands in a web address."""
    plain = unicodedata.normalize("NFKD", name.replace("Æ", "Ae").replace("’", "")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", plain.decode().lower().replace("'", "")).strip("-")


def person(random: Random) -> tuple[str, str]:
    """A first and a last name."""
    return random.choice(FIRST), random.choice(LAST)
