"""What a change rests on besides its policy: digests, so that it can be worked out again exactly."""

from __future__ import annotations

from ledger.domain.ids import CompetencyId
from projections.observing import Observed


def crossed(observed: Observed, competency: CompetencyId) -> tuple[str, ...]:
    """Give the digests of the crosswalks over which evidence on a competency is read."""
    equivalences = observed.registry.equivalences
    line = observed.lines.get(competency)
    if line is None or not equivalences.counts:
        return ()
    names = {name for seen in line.seen for name in seen.via}
    return tuple(sorted(equivalences.digest(name) for name in names))
