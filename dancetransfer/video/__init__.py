"""Files to frames and back: reading, writing, color, proxies, sound and the AI mark (PyAV)."""
