"""What the demo shows of the ledger it filled, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.answers import Tally
from api.demo.play import PROVIDERS, Played, Refusal
from api.demo.scenes import Source
from api.web.words import KINDS, PROVIDER_KINDS, REASONS, STATES, STRANDS, day
from projections.lines import CompetencyLine, EvidenceLine, Transcript
from projections.policies.verdict import Finding, Verdict

REFUSALS_SHOWN_MAX = 20
_FORMATS: Mapping[Source, str] = {
    "lms": "own JSON, NDJSON",
    "vendor": "xAPI statements",
    "issuer": "own JSON, array",
    "employer": "CSV, hours",
    "college": "CSV, checklist",
}
_COLOURS = {
    "mastered": "green", "lapsed": "yellow", "contested": "magenta", "unconfirmed": "cyan",
    "in_progress": "blue", "observed": "white", "no_evidence": "bright_black",
}  # fmt: skip


def heading(text: str) -> RenderableType:
    """Set a heading off from what came before."""
    return Padding(Text(text, style="bold"), (1, 0, 0, 0))


def delivered(played: Sequence[Played]) -> RenderableType:
    """Say what each provider sent and what became of it."""
    table = _table(
        "provider", "kind", "format", "files:r", "accepted:r", "duplicates:r", "rejected:r"
    )
    sums: dict[Source, Tally] = {source: Tally() for source in PROVIDERS}
    for one in played:
        _add(sums[one.delivery.source], one.tally)
    files = Counter(one.delivery.source for one in played)
    for source, tally in sums.items():
        provider = PROVIDERS[source]
        row = (provider.name, PROVIDER_KINDS[provider.kind], _FORMATS[source], f"{files[source]}")
        table.add_row(*row, *_numbers(tally))
    table.add_section()
    table.add_row("together", "", "", f"{len(played)}", *_numbers(total(played)), style="bold")
    return table


def total(played: Iterable[Played]) -> Tally:
    """Add up all files."""
    found = Tally()
    for one in played:
        _add(found, one.tally)
    return found


def refused(refusals: Sequence[Refusal]) -> RenderableType:
    """List rejects of every sort, each with its file, place and reason."""
    table = _table("in", "at", "why", "expected")
    for refusal in _of_every_sort(refusals)[:REFUSALS_SHOWN_MAX]:
        where = refusal.reject.where
        is_row = where.startswith(refusal.file.rpartition("/")[2])
        place = f"row {where.partition(':')[2]}" if is_row else where
        table.add_row(
            refusal.file,
            place or "(item)",
            _cut(refusal.reject.why, 64),
            _cut(refusal.reject.expected, 48),
        )
    rest = len(refusals) - table.row_count
    more = Text(f"and {rest} more of the same sorts", style="bright_black") if rest > 0 else Text()
    return Group(table, more)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" ,") + "…"


def _of_every_sort(refusals: Sequence[Refusal]) -> list[Refusal]:
    first: dict[tuple[str, str], Refusal] = {}
    for one in refusals:
        # Conflicts name no place; they are told by their words, which begin with the item's id.
        where = one.reject.where.rpartition("column")[2] or one.reject.why.partition(" ")[2][:20]
        first.setdefault((one.source, where), one)
    order = list(PROVIDERS)
    return sorted(first.values(), key=lambda one: order.index(one.source))


def transcript(found: Transcript) -> RenderableType:
    """Show a learner's transcript: every competency by strand with its state."""
    table = _table("", "competency", "state", "level", "evidence:r", "since")
    for strand in found.strands:
        if not strand.competencies:
            continue
        if table.row_count:
            table.add_section()
        table.add_row("", Text(STRANDS.get(strand.strand, strand.strand), style="italic"))
        for line in strand.competencies:
            verdict = line.verdict
            since = day(verdict.since) if verdict.state == "mastered" else ""
            table.add_row(
                line.name.code or "", _cut(line.name.statement, 58), state(verdict), verdict.level or "",
                f"{len(verdict.counted)} of {len(line.evidence)}", since,
            )  # fmt: skip
    return Group(table, Text(_besides(found), style="bright_black"))


def _besides(found: Transcript) -> str:
    hours = sum(line.hours for line in found.work_based_learning)
    held = [line.name or line.credential for line in found.credentials if line.valid]
    ended = [line.name or line.credential for line in found.credentials if not line.valid]
    return (
        f"{hours:g} hours of work-based learning; credentials held: {', '.join(held) or 'none'}"
        + (f"; ended: {', '.join(ended)}" if ended else "")
    )


def verdict(line: CompetencyLine) -> RenderableType:
    """Show one verdict with every reason: what was met, what counted, what did not and why."""
    found = line.verdict
    title = Text.assemble(
        (f"{line.name.code} ", "bold"), line.name.statement, "  ", state(found),
        f"  by {found.policy}",
    )  # fmt: skip
    needs = Table(box=None, show_header=False, pad_edge=False)
    for finding in found.findings:
        _finding(needs, finding)
    by_id = {one.evidence: one for one in line.evidence}
    seen = Table(box=None, show_header=False, pad_edge=False)
    for evidence in sorted((by_id[one] for one in found.counted), key=_when):
        seen.add_row(Text("counted", style="green"), *_told(evidence), "")
    for one in found.not_counted:
        reason = REASONS.get(one.reason, one.reason)
        seen.add_row(Text("not counted", style="yellow"), *_told(by_id[one.evidence]), reason)
    missing = [Text(f"  to do: {one.text}", style="cyan") for one in found.missing]
    return Group(title, Padding(needs, (0, 2)), *missing, Padding(seen, (0, 2)))


def state(found: Verdict) -> Text:
    """Name a state in its colour."""
    return Text(STATES[found.state][0], style=_COLOURS.get(found.state, ""))


def states(counted: Mapping[str, int]) -> Text:
    """Count the states of all learners."""
    parts = [
        (f"{counted[name]:,} {STATES[name][0].lower()}", _COLOURS.get(name, ""))
        for name in STATES
        if counted.get(name)
    ]
    text = Text()
    for number, part in enumerate(parts):
        text.append(", " if number else "")
        text.append(*part)
    return text


def _finding(table: Table, finding: Finding, depth: int = 0) -> None:
    mark = Text("met", style="green") if finding.met else Text("open", style="yellow")
    rule = "  " * depth + finding.rule.replace("_", " ").replace(":", ": ")
    found = "any part" if finding.rule == "any_of" else finding.found
    table.add_row(mark, rule, found, Text(f"needed {finding.needed}", style="bright_black"))
    for part in finding.parts:
        _finding(table, part, depth + 1)


def _told(line: EvidenceLine) -> tuple[str, ...]:
    result = line.result
    how = ""
    if result is not None:
        scored = f"{result.score} of {result.max}" if result.score is not None else ""
        how = result.level or scored
    extra = " (corrected)" if line.corrections else ""
    return (
        f"{line.occurred_at:%Y-%m-%d}",
        line.provider.name,
        f"{line.title or KINDS[line.kind]}{extra}",
        how,
    )


def _when(line: EvidenceLine) -> datetime:
    return line.occurred_at


def _add(found: Tally, more: Tally) -> None:
    found.accepted += more.accepted
    found.duplicates += more.duplicates
    found.rejected += more.rejected


def _numbers(tally: Tally) -> tuple[str, str, str]:
    return f"{tally.accepted:,}", f"{tally.duplicates:,}", f"{tally.rejected:,}"


def _table(*columns: str) -> Table:
    """Make a plain table; a column named `:r` has numbers."""
    table = Table(box=None, pad_edge=False, header_style="bright_black")
    for column in columns:
        name, _, right = column.partition(":")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    return table
