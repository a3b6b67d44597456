"""The cloud package, without a network."""
