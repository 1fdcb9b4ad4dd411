"""What the daily job does with a file that a test sent in at the desk."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.cli import reading
from outreach.county.files_to_read import FileToRead
from outreach.ground.db import db
from outreach.ground.turns import Turns


def read_in(client: FlaskClient, answer: TestResponse) -> TestResponse:
    """The answer to a form with a file, once the file is read; where it was refused, or nothing is to be looked at
    besides, what the page says that the answer led to."""
    if answer.status_code != 303:
        return answer
    read_files()
    token = answer.location.rsplit("/", 1)[1]
    file = db.session.query(FileToRead).filter_by(token=token).one_or_none()
    return client.get(answer.location) if file and (file.why or file.kind != "register") else answer


def read_files() -> None:
    """All that wait, as the daily job would within seconds."""
    while reading.read_next(Turns()):
        pass
    db.session.rollback()
