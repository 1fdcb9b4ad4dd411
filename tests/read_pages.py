"""Pages as tests read them: what they say, not where the lines of their templates break."""

import re
from typing import Any

from flask.testing import FlaskClient

_BLOCKS = (
    "html|head|body|header|footer|main|nav|section|article|div|p|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|th|"
    "td|caption|form|fieldset|legend|details|summary|figure|figcaption|option|select|meta|title|link|script|style|"
    "use|path|rect|circle|line|g"
)
_AS_IT_STANDS = re.compile(r"(<(?:pre|textarea)\b.*?</(?:pre|textarea)>|\"[^\"<>]*\")", re.S)
_BLANKS = re.compile(r"\s+")
_BESIDE_BLOCK = re.compile(rf"\s*(</?(?:{_BLOCKS})\b[^<>]*>)\s*")


def without_layout(html: str) -> str:
    """HTML with a blank where a browser shows one, and no other but in what is shown as it stands."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\0{len(kept) - 1}\0"

    laid = _BLANKS.sub(" ", _AS_IT_STANDS.sub(keep, html))
    return re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], _BESIDE_BLOCK.sub(r"\1", laid))


class _Read:
    def get_data(self, as_text: bool = False) -> Any:
        said = super().get_data(as_text=as_text)  # type: ignore[misc]
        return without_layout(said) if as_text and self.mimetype == "text/html" else said  # type: ignore[attr-defined]


class ReadingClient(FlaskClient):
    """A client whose answers are read without the layout of their templates."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.response_wrapper = type("Read", (_Read, self.response_wrapper), {})


def state(client: FlaskClient) -> Any:
    """What /state tells whoever shows METRICS_TOKEN."""
    token = "of-a-monitor"  # noqa: S105 - nobody monitors a test
    client.application.config["METRICS_TOKEN"] = token
    return client.get("/state", headers={"Authorization": f"Bearer {token}"})
