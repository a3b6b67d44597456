"""Tests of Voice Recorder."""
