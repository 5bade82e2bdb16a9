"""The two schemas of a project, PostgreSQL's and SQLite's: in step, and what stands between the file and the server."""
