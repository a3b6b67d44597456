"""Sound: devices, capture, files, levels, peaks."""
