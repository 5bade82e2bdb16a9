"""What the rooms do together where the database is a file."""
