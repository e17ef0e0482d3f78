"""Clips and rendered dances that go round, or on and on: what jumps within itself is chosen, joined and written."""
