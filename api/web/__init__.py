"""Pages for people: transcripts that unfold to their evidence, histories that can be replayed.

Rendered on the server, escaped by default, readable without JavaScript.
Not here: JSON routes (api.routes), and any decision about evidence or mastery.
"""

from api.web.mounting import mount

__all__ = ["mount"]
