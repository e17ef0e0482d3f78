"""Pose tracks: cleaned, fitted to another body, cropped, drawn as label maps."""
