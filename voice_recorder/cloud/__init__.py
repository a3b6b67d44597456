"""Where copies go: providers behind the Protocol in ``domain.ports``, their credentials and receipts."""
