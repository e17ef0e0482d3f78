"""Pictures and style of the program."""
