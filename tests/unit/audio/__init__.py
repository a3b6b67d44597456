"""Sound: files, levels, peaks, and what libraries make of them."""
