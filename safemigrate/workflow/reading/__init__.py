"""What can be read without a database: which files there are, and what earlier ones tell of later ones."""
