"""Owner of a mail address, by the school's website: its host, and the names that offices go by."""

import re
from urllib.parse import urlsplit

from sqlalchemy import func, select

from outreach.county.schools import OPEN_STATUSES, Organisation
from outreach.ground.db import db
from outreach.post.incoming.headers import public_providers

OFFICE_FORMS = frozenset(
    "admin administration administrator adminoffice contact contactus dsl ddsl dsp enquiries enquiry frontdesk "
    "generaloffice head headoffice headspa headteacher headteacherspa info information mail mainoffice "
    "office postbox principal principalspa reception safeguarding safeguardingteam school schooladmin "
    "schooloffice secretary senco sendco".split()
)

# County mail systems number their schools' offices: office.3241@, admin.3241@ (head.2027@ may be a pupil's).
_NUMBERED = re.compile(r"(office|admin)\.\d{4}")

# Hosts beside the mail providers where anybody can have a page or an address, whichever school names one as
# its website.
_ANYBODYS = frozenset(
    "blogspot.com google.com gov.uk instagram.com microsoft.com office.com sharepoint.com twitter.com weebly.com "
    "wixsite.com wordpress.com x.com".split()
)


def host_of(website: str) -> str:
    """'http://www.Redmere.example/home' -> 'redmere.example'; '' when there is none."""
    text = website.strip().lower()
    if not text:
        return ""
    try:
        host = urlsplit(text if "://" in text else f"http://{text}").hostname or ""
    except ValueError:
        return ""
    host = host.rstrip(".").removeprefix("www.")
    return host if "." in host and not re.search(r"\s", host) else ""


def host_of_address(address: str) -> str:
    """'j.fell@Redmere.example' -> 'redmere.example'."""
    return address.rpartition("@")[2].lower()


def is_anybodys(host: str) -> bool:
    """Whether anybody can have an address there or below: a mail provider, a host of pages, all of
    government."""
    parts = host.split(".")
    above = {".".join(parts[n:]) for n in range(len(parts))}
    return not above.isdisjoint(_ANYBODYS) or not above.isdisjoint(public_providers())


def is_its_own(host: str, organisation: Organisation) -> bool:
    """Whether `host` is exactly the website host of this school or body, which no other open one uses.

    Whether it has a website or not, the same one query is asked.
    """
    host = host.lower()
    others = db.session.scalars(
        select(Organisation.website)
        .where(
            func.lower(Organisation.website).contains(host, autoescape=True),
            Organisation.organisation_id != organisation.organisation_id,
            Organisation.status.in_(OPEN_STATUSES),
        )
        .order_by(Organisation.organisation_id)
    )
    shared = any(host_of(website) == host for website in others)
    return bool(host) and host == host_of(organisation.website) and not shared and not is_anybodys(host)


def is_office_form(local_part: str) -> bool:
    """'office', 'head.teacher', 'admin.3241': an office's name, not a person's; pupils have addresses there
    too."""
    name = local_part.lower()
    return re.sub(r"[._-]", "", name) in OFFICE_FORMS or _NUMBERED.fullmatch(name) is not None
