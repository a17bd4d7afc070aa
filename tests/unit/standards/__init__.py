"""Foreign documents: what they become, and where and why one is refused."""
