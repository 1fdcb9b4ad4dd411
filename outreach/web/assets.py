"""The stylesheet and the script of every page: one file each for a browser, put together from parts that one
can read."""

import re
from functools import cache
from pathlib import Path

PARTS = Path(__file__).parent.parent / "assets"
VENDORED = "../../static/vendor/"

_IMPORTED_STYLES = re.compile(r'^@import url\("([^"]+)"\) layer\((\w+)\);$', re.MULTILINE)
_IMPORTED_SCRIPT = re.compile(r'^import "\./([\w-]+\.js)";$', re.MULTILINE)
_PROPERTY = re.compile(r"^([\w-]+): ")
_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)


@cache
def styles() -> str:
    """All layers in their order."""

    def layer(imported: re.Match[str]) -> str:
        name, layer = imported.groups()
        text = (PARTS / "styles" / name).read_text(encoding="utf-8")
        return f"@layer {layer}{{{text if name.startswith(VENDORED) else _small(text)}}}"

    index = (PARTS / "styles/outreach.css").read_text(encoding="utf-8")
    return _IMPORTED_STYLES.sub(layer, _COMMENTS.sub("", index)).strip()


@cache
def scripts() -> str:
    """The first script with those that it imports from beside it, each in a block of its own."""

    def block(imported: re.Match[str]) -> str:
        return f"{{\n{(PARTS / 'scripts' / imported[1]).read_text(encoding='utf-8')}}}"

    return _IMPORTED_SCRIPT.sub(block, (PARTS / "scripts/outreach.js").read_text(encoding="utf-8"))


def _small(text: str) -> str:
    """Rules without comments and indentation."""
    lines = (_PROPERTY.sub(r"\1:", line.strip()) for line in _COMMENTS.sub("", text).splitlines())
    return re.sub(r" ?([{};,]) ?", r"\1", " ".join(line for line in lines if line))
