"""Foreign documents: what they become, and where and why one is refused.

Not here: generated documents (property), and the real files of ../shared/data (integration).
"""
