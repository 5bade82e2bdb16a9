"""The command line: the only room that prints, prompts and knows exit codes."""
