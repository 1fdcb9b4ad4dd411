"""A country in parts: of which schools facts are read, and standings some hundred schools at a time."""
