"""The words that a page shows in its main part, as somebody reads them, and what it asks one to fill in or press."""

from html.parser import HTMLParser

_EMPTY = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
_SILENT = {"script", "style", "template", "svg", "progress", "datalist", "title"}
_HIDDEN = {"vh", "govuk-visually-hidden"}
_WITHIN = {"a", "b", "em", "i", "strong"}
_CONTROLS = {"input", "select", "textarea"}


class _Main(HTMLParser):
    """What stands in <main>, without what is hidden: by its class, by `hidden`, in details that are folded, in an
    option of a list."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self.text: list[str] = []
        self.controls: list[str] = []
        self._in_main = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._in_main = self._in_main or tag == "main"
        hidden = self._hides(tag, told)
        if not hidden and self._in_main and tag in _CONTROLS and told.get("type") != "hidden":
            self.controls.append(told.get("name") or "")
        if tag not in _EMPTY:
            self._open.append((tag, hidden))
        if tag not in _WITHIN:
            self.text.append(" ")

    def _hides(self, tag: str, told: dict[str, str | None]) -> bool:
        if self._open and self._open[-1][1] and not (tag == "summary" and self._open[-1][0] == "details"):
            return True
        if self._open and self._open[-1] == ("details", True) and any(h for _, h in self._open[:-1]):
            return True
        shut = tag == "details" and "open" not in told
        by_class = not _HIDDEN.isdisjoint((told.get("class") or "").split())
        return shut or by_class or "hidden" in told or tag in _SILENT or tag == "option"

    def handle_endtag(self, tag: str) -> None:
        while self._open and any(name == tag for name, _ in self._open):
            if self._open.pop()[0] == tag:
                break
        self._in_main = self._in_main and tag != "main"
        if tag not in _WITHIN:
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if self._in_main and not (self._open and self._open[-1][1]):
            self.text.append(data)


def _main_of(html: str) -> _Main:
    parser = _Main()
    parser.feed(html)
    return parser


def words_of(html: str) -> list[str]:
    """The words that are read on a page; a figure, a time and an address are one word each."""
    text = "".join(_main_of(html).text)
    return [word for word in text.split() if any(c.isalnum() for c in word)]


def controls_of(html: str) -> list[str]:
    """The names of the boxes, radios and ticks that are seen on a page."""
    return _main_of(html).controls
