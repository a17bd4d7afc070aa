"""How deep JSON text nests, told from its bytes before anything decodes it."""

from __future__ import annotations

import re

# A string that never ends goes to the end: to look for its end from each quote in it would take
# hours for a megabyte.
_OUTSIDE_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|([\[{])|([\]}])', re.DOTALL)


def is_deeper(text: bytes, depth_max: int) -> bool:
    """Whether JSON text nests objects and arrays deeper than `depth_max`."""
    # An item with so few brackets cannot: counting them costs nothing beside decoding.
    if text.count(b"{") + text.count(b"[") <= depth_max:
        return False
    depth = 0
    for match in _OUTSIDE_STRINGS.finditer(text):
        if match.group(1):
            depth += 1
            if depth > depth_max:
                return True
        elif match.group(2):
            depth -= 1
    return False
