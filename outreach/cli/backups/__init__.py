"""Backups as files: written, sealed, read, kept for a while; the copy of each kind of database."""
