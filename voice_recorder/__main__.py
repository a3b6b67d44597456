"""``python -m voice_recorder`` does what the command ``voice-recorder`` does."""

from voice_recorder.app import main

if __name__ == "__main__":
    raise SystemExit(main())
