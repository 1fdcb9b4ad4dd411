"""The floors of booking.py and feed.py: a bare Flask POST with one INSERT under a unique slot, a bare page
with one SELECT."""

import os

from flask import Flask, request
from sqlalchemy import text

from outreach.ground import config
from outreach.ground.db import LAST_DEEDS, db, transaction

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url(os.environ["DATABASE_URL"])
db.init_app(app)
LAST_DEEDS.tell(app, {})


@app.post("/bare")
def bare() -> tuple[str, int]:
    with transaction() as session:
        session.execute(
            text("INSERT INTO bare_slot (slot, school) VALUES (:slot, :school)"),
            {"slot": request.form["slot"], "school": request.form["school"]},
        )
    return "", 204


@app.get("/one")
def one() -> str:
    return str(db.session.execute(text("SELECT label FROM feed ORDER BY id LIMIT 1")).scalar_one())
