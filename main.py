"""Open Voice Recorder from a checkout: ``python main.py``."""

from voice_recorder.app import main

if __name__ == "__main__":
    raise SystemExit(main())
