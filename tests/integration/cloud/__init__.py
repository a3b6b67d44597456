"""Backing up, with real SDKs and servers on loopback."""
