"""The way back of a SQLite file: derived from the file before and the file after, not from the migration's text."""
