"""Why a time is not proposed to a school, or is not kept for it any more: the refusals of proposing.py."""

from outreach.booking.proposals import Proposal
from outreach.county.schools import School
from outreach.ground.errors import Refusal
from outreach.ground.wording import clock, day_short
from outreach.post.proposing import REFUSED

ACCEPTED = "accepted"


class NothingToPropose(Refusal):
    """The school cannot book anything (more) of the programme."""


class AlreadyProposed(Refusal):
    def __init__(self, school: School, kept: Proposal) -> None:
        super().__init__(
            f"{day_short(kept.starts_at)}, {clock(kept.starts_at)} is kept for {school.name} already. "
            "Take that back first, or wait for the answer."
        )


class NobodyToWriteTo(Refusal):
    field = "people"

    def __init__(self) -> None:
        super().__init__("Choose whom the proposal goes to.")


class AddressDead(Refusal):
    field = "people"

    def __init__(self, address: str) -> None:
        super().__init__(
            f"Mail to {address} came back for good. Choose somebody else, or correct the address."
        )


class NotKeptAnyMore(Refusal):
    def __init__(self, proposal: Proposal) -> None:
        said = {
            ACCEPTED: "The school has booked that time meanwhile.",
            REFUSED: "The school has said no meanwhile.",
        }
        super().__init__(said.get(proposal.ended_as, "That time is not kept any more."))


class ReplyByWrong(Refusal):
    field = "reply_by"
