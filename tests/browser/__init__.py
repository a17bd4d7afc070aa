"""Pages as a person sees them, in Chromium.

Not here: routes without a page (integration).
"""
