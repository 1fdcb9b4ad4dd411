"""Words that only a programme for pupils speaks, looked for in what a page, a letter or a file says."""

import re
from html import unescape

OF_PUPILS = re.compile(
    r"\b(pupils?|child(?:ren)?|famil(?:y|ies)|halls?|shows?|performances?|seats?|lunch(?:es)?|free school meals"
    r"|audiences?|year groups?|years? \d{1,2}(?! *%|\d)(?: and \d+)?|(?-i:Reception))\b",
    re.I,
)

ELSE = re.compile(
    r"""(?x)
      [Ss]eats?\ (?:without|near|in\ sight|at\ the\ front)      # chairs, for somebody's needs
    | (?:people\ who\ need\ a|who\ needs\ a)\ seat
    | [Ll]unch\ of|[Mm]inutes\ of\ lunch|[Rr]est(?:,|\ and)\ lunch|lunch\ the   # of the company itself
    | \bShow\ (?:all|it|them|the|these|what|password)\b|\bshows?\ (?:it|them|every|another|the\ new|places)\b|UID:show-|then\ shows\ on|Shows\ that\ a\ form
    | show\ no\ advertisements
    | Safeguarding\ Children\ Partnership | Pupil\ referral\ unit|Children['’]s\ (?:Centre|Team)|Family\ Team|(?:Town|Mill\ Lane)\ Hall|[Ff]amilies[\ -][Tt]ogether|Child\ Exploitation\ Unit|leaflets\ for\ families|head\ of\ Year\ 9|Head\ of\ Year\ 9        # names, and what people typed
    | ages\ \d+\ to\ \d+\ ·\ [\d,]+\ pupils|pupils\ unknown\ Name|Number\ of\ pupils|number\ of\ pupils|Pupil\ numbers|[Ff]ree\ school\ meals    # the register
    | (?:no|any|last)\ year|\{show\ date\}|past\ shows|never\ a\ pupil’s\ or\ a\ parent’s|without\ any\ child’s\ name
    | No\ pupil’s\ name,\ nor\ what\ a\ pupil\ said|Erase:\ names\ a\ child
    """
)
"""The same words in another sense."""


def found(said: str) -> set[str]:
    """The words of pupils in a text, each with what stands around it."""
    said = ELSE.sub(" ", said)
    return {said[max(0, hit.start() - 50) : hit.end() + 40] for hit in OF_PUPILS.finditer(said)}


def read(page: str) -> str:
    """What a page says: its title and what stands in its main part, boxes' words among it."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    page = re.sub(r">\s*Show\s*</button>", "></button>", page)
    if title := re.search(r"<title>.*?</title>", page, re.S):
        main = re.search(r"<main\b.*</main>", page, re.S)
        page = f"{title[0]} {main[0] if main else page}"
    for attribute in ("placeholder", "aria-label", "alt", "title"):
        page = re.sub(rf'\b{attribute}="([^"]*)"', r">\1<", page)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))
