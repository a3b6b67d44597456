"""Voice Recorder: record voice notes, never lose one, and know that they are backed up."""

__version__ = "0.1.0"
