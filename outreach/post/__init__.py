"""All that we say to people. Knows a booking by its UID and a person by the address."""
