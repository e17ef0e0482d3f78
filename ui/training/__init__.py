"""A training as it goes on: its pictures, its score, and what they promise."""
