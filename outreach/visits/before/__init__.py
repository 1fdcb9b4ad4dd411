"""Before the visit: schools reminded of a show that is near, with a letter for families and a note for staff."""
