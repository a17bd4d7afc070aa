"""Ready-made policies: JSON files beside this module, and the settings each one takes.

A file holds a document and its settings; a setting names the JSON pointers that it fills and
says what may stand there. Not here: policies that somebody published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ledger.errors import InvalidDocumentError, Reject, UnknownPolicyError
from projections.policies.documents import PolicyDocument
from projections.policies.presets.settings import Setting, put
from projections.policies.reading import parse
from projections.policies.soundness import ANY_WILL_DO

PRESETS = (
    "demonstrated-mastery",
    "readiness",
    "canvas-highest",
    "canvas-latest",
    "canvas-average",
    "canvas-n-mastery",
    "canvas-weighted-average",
    "canvas-decaying-average",
    "moodle-all",
    "moodle-points",
    "openedx-criteria",
    "cass",
    "bkt",
)


def preset(name: str, settings: Mapping[str, object] | None = None) -> PolicyDocument:
    """Give a ready-made policy, with its settings as text ("65") or as values (65).

    A setting that is not given keeps the preset's own value. `id` and `title` may be set too.

    Raises:
        UnknownPolicyError: no preset has this name.
        InvalidDocumentError: a setting is unknown or out of range; the pointer is its name.
    """
    template = _template(name)
    document: Any = template["document"]
    known = preset_settings(name)
    rejects: list[Reject] = []
    # In the preset's own order: a choice may replace what another setting writes into.
    order = {key: place for place, key in enumerate(known)}
    for key, value in sorted((settings or {}).items(), key=lambda one: order.get(one[0], -1)):
        if key in {"id", "title"}:
            document[key] = value
        elif key not in known:
            rejects.append(Reject(f"/{key}", "unknown setting", ", ".join(known)))
        else:
            rejects.extend(put(document, known[key], key, value))
    if rejects:
        raise InvalidDocumentError(f"preset {name}", rejects)
    if name.startswith("canvas-") and _passes_any_score(document):
        document["any_evidence"] = True  # Canvas allows mastery at 0 points; then it is said openly
    try:
        return parse(document)
    except InvalidDocumentError as refusal:
        if name != "bkt" or [one.why for one in refusal.rejects] != [ANY_WILL_DO]:
            raise
    # pyBKT takes parameters by which even a wrong answer leaves enough belief.
    return parse({**document, "any_evidence": True})


def preset_settings(name: str) -> Mapping[str, Setting]:
    """Give the settings of a preset, by name."""
    settings: Mapping[str, Setting] = _template(name)["settings"]
    return settings


@cache
def default_policy() -> PolicyDocument:
    """Give `demonstrated-mastery`, which holds where no other policy was adopted."""
    return preset("demonstrated-mastery")


def _template(name: str) -> dict[str, Any]:
    if name not in PRESETS:
        raise UnknownPolicyError(name)
    template: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.json").read_bytes())
    return template


def _passes_any_score(document: Mapping[str, Any]) -> bool:
    scale = document["scale"]
    return float(scale["mastery_points"]) <= min(
        float(level["points"]) for level in scale["levels"]
    )
