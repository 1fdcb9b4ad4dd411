"""Refusal: a rule said no, in words for the person. NoSuch: there is nothing to say it of. SentAlready: once is it.
ConfigError: a setting makes no sense."""


class Refusal(Exception):
    """A rule of the trade said no. Its text is shown to the person as it stands.

    Each rule's own Refusal stands beside the rule. `field` names the form field it speaks of, if one; `of_asked`: a
    school in it is whoever a programme asks, so a page of one that asks bodies says so.
    """

    field: str | None = None
    of_asked = False

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if field is not None:
            self.field = field

    @property
    def in_lines(self) -> tuple[str, ...]:
        """The same where there is room for a line of each thing that is wrong."""
        return (self.message,)


class SentAlready(Refusal):
    """A form that was sent once came again, with other answers or after its deed was taken back: shown again, it is a
    form of its own."""


class NoSuch(Refusal):
    """What an address names is not there, or is another's: a page answers as if it had never been."""


class ConfigError(Exception):
    """A setting is missing or makes no sense; its text says which and what to do."""
