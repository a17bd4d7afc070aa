"""Mastery policies: the documents, and the pure functions that judge evidence by them.

Not here: the database, the clock and the log; evidence and the moment are arguments.
"""

from projections.policies.documents import PolicyDocument, canonical, digest, json_schema
from projections.policies.judge import Judge, compile_policy
from projections.policies.presets import default_policy, preset
from projections.policies.reading import parse

__all__ = [
    "Judge",
    "PolicyDocument",
    "canonical",
    "compile_policy",
    "default_policy",
    "digest",
    "json_schema",
    "parse",
    "preset",
]
