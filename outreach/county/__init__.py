"""People and places: partnerships, coordinators, schools, contacts, the register."""
