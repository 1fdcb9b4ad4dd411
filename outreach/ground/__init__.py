"""The ground floor: configuration, time, the database's base. Imports nothing of ours."""
