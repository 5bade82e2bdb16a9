"""Running a plan on a SQLite file, and what is remembered and kept beside it."""
