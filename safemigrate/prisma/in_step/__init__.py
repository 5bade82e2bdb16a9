"""Where a schema for PostgreSQL and one for SQLite differ beyond what is forced on them, and the edits that end it."""
