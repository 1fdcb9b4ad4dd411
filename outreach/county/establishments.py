"""Kinds of establishment, by the register's own words ('TypeOfEstablishment (name)'). Pure."""


def never_estimated(type_of_establishment: str, name: str) -> bool:
    """Alternative provision and hospital schools: their pupils are registered elsewhere, so they are asked.

    GIAS has no type of its own for most hospital schools; their names say it.
    """
    kind = type_of_establishment.casefold()
    return (
        "alternative provision" in kind
        or "pupil referral unit" in kind
        or "hospital" in kind
        or "hospital" in name.casefold()
    )
