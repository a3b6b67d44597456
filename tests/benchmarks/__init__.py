"""How fast, beside the usual tools: ratios to a peer on the same data in the same run."""
