"""Threads for the window, QtCore only: plain service functions run here, one after the other in a lane."""
