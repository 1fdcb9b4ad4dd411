"""A school says no to the time that was kept for it: the time is free, and its answer stands among its
answers."""

from datetime import datetime

from outreach.asking import invitations
from outreach.asking.invitations import REFUSED_SLOT, Answer
from outreach.booking.desk import proposing
from outreach.booking.proposals import Proposal
from outreach.ground.wording import clock, day_short


def refuse_slot(proposal: Proposal, *, reason: str, who: str, now: datetime) -> Answer:
    """Its answer reads '9 March 2027 at 9:00am (mock exams)'. Raises ProposalEnded."""
    proposing.refuse(proposal, reason=reason, who=who, now=now)
    why = " ".join(reason.split())
    slot = f"{day_short(proposal.starts_at)} at {clock(proposal.starts_at)}"
    said = f"{slot} ({why})" if why else slot
    return invitations.answer(proposal.programme, proposal.school, REFUSED_SLOT, said, who=who, now=now)
