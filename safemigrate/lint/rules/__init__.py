"""One file per rule: the docstring is its page, BAD and GOOD are its examples."""
