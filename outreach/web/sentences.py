"""Sentences as pages say them: pieces of plain text, some of them links, made and tested in Python. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of a sentence. `whole`: a date, which is not broken over two lines; `means`: the word of the glossary
    whose meaning it shows when pressed."""

    text: str
    href: str = ""
    strong: bool = False
    whole: bool = False
    means: str = ""


Sentence = list[Piece]
Said = str | Piece


def sentence(*pieces: Said) -> Sentence:
    """Plain text and links in the order in which they are read."""
    return [piece if isinstance(piece, Piece) else Piece(text=piece) for piece in pieces]


def link(text: str, href: str) -> Piece:
    return Piece(text=text, href=href)


def strong(text: str) -> Piece:
    return Piece(text=text, strong=True)


def term(text: str, means: str) -> Piece:
    """A word of the trade, with the word of the glossary that explains it."""
    return Piece(text=text, means=means)


def joined(parts: Iterable[Iterable[Said]], between: str = ", ") -> Iterator[Said]:
    """Parts of a sentence with something between them."""
    for n, part in enumerate(parts):
        if n:
            yield between
        yield from part


def plain(pieces: Iterable[Piece]) -> str:
    """A sentence as it is read out."""
    return "".join(piece.text for piece in pieces)
