"""A dancer that follows whoever stands before the camera, as it happens."""
