"""Plays videos in step: what is decoded, shown and heard at which time."""
