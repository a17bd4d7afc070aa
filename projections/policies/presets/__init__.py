"""Ready-made policies: JSON files beside this module, and the settings each one takes."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from projections.policies.documents import PolicyDocument
from projections.policies.reading import parse


@cache
def default_policy() -> PolicyDocument:
    """Give `demonstrated-mastery`, which holds where no other policy was adopted."""
    return parse(files(__name__).joinpath("demonstrated-mastery.json").read_bytes())
