"""From a dance to a file: presets, crop, label, and handing out what was made."""
