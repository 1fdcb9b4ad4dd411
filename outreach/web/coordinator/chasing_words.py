"""Words of the page of chasing: what keeps reminders from going, who waits, what is to come and what was sent. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.asking.chasing.chases import FIRST, HEAD, SECOND, TRUST
from outreach.asking.chasing.reminders import Reminder
from outreach.asking.chasing.settings import Schedule
from outreach.coverage.who_asked import OF_BODIES, Asked
from outreach.ground.timespans import day_of
from outreach.ground.wording import count, date_and_time, day, number
from outreach.tour.programmes import Programme
from outreach.web.sentences import Sentence, link, sentence

REASONS = {FIRST: "first", SECOND: "second", HEAD: "head", TRUST: "trust"}
"""What was sent, and how an address says it."""

LETTERS = {
    FIRST: "First reminder",
    SECOND: "Second reminder",
    HEAD: "To the {head}",
    TRUST: "To the trust",
}


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the page leads to; `lists`: the list behind a number, whose own words follow."""

    lists: str
    setup: str
    phone_list: str
    gaps: str
    invitations: str
    waiting_list: str


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A number of a table, what it counts as it is read out, and its list; of nothing there is none."""

    number: str
    words: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table."""

    name: str
    cells: list[Listed]


@dataclass(frozen=True, kw_only=True)
class ChasingWords:
    """`waiting`: schools that wait for a coordinator's word; `left`: those asked that get no reminder; `waiters`: on
    the waiting list; `sent`: letters by reason; `late`: the day's round did not come."""

    programme: Programme
    schedule: Schedule
    coming: Sequence[Reminder]
    waiting: int
    left: int
    waiters: int
    sent: Mapping[str, int]
    ran_at: datetime | None
    late: bool
    now: datetime
    addresses: Addresses
    asked: Asked

    @property
    def asks(self) -> bool:
        """Schools can still be asked to answer."""
        return self.programme.closed_at is None and day_of(self.now) <= self.programme.reply_by

    @property
    def nothing_goes(self) -> Sentence:
        """Why no reminder goes, and what to do about it."""
        to = self.addresses
        if self.programme.closed_at:
            return sentence("This programme is closed, so nobody is reminded or asked any more.")
        if not self.asks:
            return sentence(
                "The reply-by date is past, so nobody is reminded or raised. ",
                link("Set a later one in the programme", to.setup),
                ", or ring those who are missing: ",
                link("To ring", to.phone_list),
                ".",
            )
        if self.coming and not self.schedule.reminders_on:
            return sentence(
                f"Reminders are off, so none of the {count(len(self.coming), 'reminder')} below goes by itself. ",
                link("Switch them on", "#settings"),
                self.asked.said(" when the list looks right, or remind schools by hand from the "),
                link("gaps", to.gaps),
                ".",
            )
        return []

    @property
    def round_is_missing(self) -> str:
        """What is known of a day's round that did not come; '' where it came."""
        if not self.late:
            return ""
        came = f"last came on {date_and_time(self.ran_at)}" if self.ran_at else "has never come"
        return f"The day’s round {came}. Whoever runs the service was told."

    @property
    def round_came(self) -> str:
        """When the round goes, and when it last came."""
        came = (
            f"; the round last came on {date_and_time(self.ran_at)}" if self.ran_at and not self.late else ""
        )
        return self.asked.said(
            f"Once a day, before schools open{came}. The service counts on to the next school day of "
        ) + self.asked.said("each school, and stops at the first answer of any kind.")

    @property
    def who_waits(self) -> Sentence:
        """Who waits for a coordinator's word."""
        if not self.waiting:
            then = "" if self.asked is OF_BODIES else " and then its trust"
            return sentence(
                self.asked.said("Nobody. A school that was reminded twice and says nothing for ")
                + f"{count(self.schedule.raise_after_days, 'day')} stands here, to be raised to its {self.asked.head}"
                f"{then}: only with your word, each time."
            )
        return sentence(
            link(self.asked.count(self.waiting), self._list("consent")),
            f" {'has' if self.waiting == 1 else 'have'} had two reminders and said nothing. Nobody else is told "
            "unless you send the letter.",
        )

    def more_wait(self, shown: int) -> Sentence:
        """Where all of them are, when the page shows only some."""
        if self.waiting <= shown:
            return []
        return sentence(
            link(f"All {number(self.waiting)}", self._list("consent")), ", the longest wait first"
        )

    @property
    def next_title(self) -> str:
        """How many reminders go next, and when."""
        if not self.coming:
            return "No reminder is to come"
        first = self.coming[0].due
        reminders = count(sum(reminder.due == first for reminder in self.coming), "reminder")
        return f"Today: {reminders}" if first == day_of(self.now) else f"Next: {reminders} on {day(first)}"

    @property
    def each_goes(self) -> str:
        goes = "goes" if self.schedule.reminders_on and self.asks else "would go"
        return self.asked.said(
            f"Each {goes} on a school day of its school, unless the school says anything before."
        )

    @property
    def days(self) -> list[Row]:
        """The reminders to come, by day: the first, the second and both."""
        by_day: dict[date, list[Reminder]] = {}
        for reminder in self.coming:
            by_day.setdefault(reminder.due, []).append(reminder)
        return [
            Row(name=day(due), cells=self._reminders(here, f"on {day(due)}", f"&day={due.isoformat()}"))
            for due, here in by_day.items()
        ]

    @property
    def all_days(self) -> Row:
        return Row(name="All days", cells=self._reminders(self.coming, "in all", ""))

    def _reminders(self, here: Sequence[Reminder], when: str, asked: str) -> list[Listed]:
        first = sum(reminder.nth == 1 for reminder in here)
        second = sum(reminder.nth == 2 for reminder in here)
        return [
            self._listed(first, f"first reminders {when}", "coming", f"{asked}&nth=1"),
            self._listed(second, f"second reminders {when}", "coming", f"{asked}&nth=2"),
            self._listed(first + second, f"reminders {when}", "coming", asked),
        ]

    @property
    def without_reminder(self) -> Sentence:
        """Who gets none; where nobody was asked, how to begin."""
        if self.left:
            return sentence(
                link(self.asked.said(count(self.left, "asked school")), self._list("left")),
                f" {'gets' if self.left == 1 else 'get'} none, each with its reason.",
            )
        if not self.coming:
            return sentence(
                "Whoever is asked to book stands here with the day of the reminder. ",
                link(self.asked.said("Invite schools"), self.addresses.invitations),
            )
        return []

    @property
    def letters(self) -> list[Row]:
        """What was sent, by letter; nothing before the first."""
        if not sum(self.sent.values()):
            return []
        return [
            Row(
                name=LETTERS[reason].format(head=self.asked.head),
                cells=[self._listed(self.sent[reason], f"letters: {reason}", word)],
            )
            for reason, word in REASONS.items()
            if reason != TRUST or self.asked is not OF_BODIES
        ]

    @property
    def who_waits_for_a_time(self) -> Sentence:
        if not self.waiters:
            return sentence("Nobody is on the waiting list.")
        offered = "Offers do not go by themselves."
        if self.schedule.offers_on:
            offered = "Times that come free are kept for them in turn."
        return sentence(
            link(self.asked.count(self.waiters), self.addresses.waiting_list),
            f" {'is' if self.waiters == 1 else 'are'} on the waiting list. {offered}",
        )

    def _listed(self, n: int, words: str, show: str, asked: str = "") -> Listed:
        return Listed(number=number(n), words=words, href=f"{self._list(show)}{asked}" if n else "")

    def _list(self, show: str) -> str:
        return f"{self.addresses.lists}&show={show}"
