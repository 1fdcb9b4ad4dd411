"""The floor of start.py: a bare Flask service with Flask-SQLAlchemy, a page that does one SELECT, and nothing
of ours."""

import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)


@app.get("/one")
def one() -> str:
    return str(
        db.session.execute(
            text("SELECT name FROM organisation ORDER BY organisation_id LIMIT 1")
        ).scalar_one()
    )
