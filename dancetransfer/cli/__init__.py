"""The command line: one door to every stage, for people and for the window."""
