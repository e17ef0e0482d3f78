"""Poses to frames to the finished clip."""
