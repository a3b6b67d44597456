"""Real parts for tests: a microphone, a voice, a display, a small disk."""
