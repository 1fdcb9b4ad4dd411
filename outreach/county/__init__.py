"""Who there is: partnerships, people, schools, contacts, the register."""
