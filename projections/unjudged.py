"""Competencies that no policy speaks for: their evidence is shown, and neither passes nor fails.

So it is with dispositions (S4-10), until a policy that names them is adopted. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from msgspec.structs import replace

from projections.policies.judge import Case, Judge
from projections.policies.observation import Observation
from projections.policies.verdict import MasteryState, Standing, Verdict


class Unjudged(Judge):
    """A policy's scale, counting rules and estimate, without its requirement."""

    __slots__ = ()

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge.document)

    def __call__(self, observations: Sequence[Observation], **case: Unpack[Case]) -> Verdict:
        """Say what counts and what it comes to, and no more."""
        found = super().__call__(observations, **case)
        return replace(found, state=_state(found.state), since=None, findings=(), missing=())

    def standing(self, observations: Sequence[Observation], **case: Unpack[Case]) -> Standing:
        """Say so as a call does, without reasons."""
        found = super().standing(observations, **case)
        return replace(found, state=_state(found.state), since=None)


def _state(state: MasteryState) -> MasteryState:
    return "no_evidence" if state == "no_evidence" else "observed"
