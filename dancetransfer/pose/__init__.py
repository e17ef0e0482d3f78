"""Video to poses to label maps."""
