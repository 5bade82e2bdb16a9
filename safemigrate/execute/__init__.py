"""Running a plan on a live database, and the journal that survives a kill."""
