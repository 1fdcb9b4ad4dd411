"""Files that coordinators sent in, read one after the other by the daily job."""

from collections.abc import Callable

from outreach.county import files_to_read
from outreach.county.files_to_read import POSTCODES, REGISTER
from outreach.county.register import sent_in
from outreach.ground import clock, errands, job_rounds, whose
from outreach.ground.db import db, transaction
from outreach.ground.turns import Turns

READERS = {REGISTER: sent_in.read_register, POSTCODES: sent_in.read_postcodes}


def read_next(turns: Turns, told: Callable[[], bool] = lambda: False) -> bool:
    """One file of whichever partnership's turn it is; False when none waits. `told`: this process ends."""
    with_files = turns.whole(whose.having_due("files", clock.now()))
    db.session.rollback()
    for one in with_files:
        with whose.bound(one), errands.round_of(job_rounds.CHASE):
            if files_to_read.read_next(READERS, clock=clock.now, commits=transaction, told=told):
                turns.served(one or 0)
                return True
    return False
