"""A dance cut to a piece of music: its parts re-ordered and gently stretched until its beats land on the song's."""
