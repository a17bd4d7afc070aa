"""Docs against code: settings, topics, routes, roles, problems and commands are what they say.

A failure names the lines that are missing, as they should stand in the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer.main
from pydantic import SecretStr

from api import problems
from api.auth import SCOPES
from api.cli.main import app as cli
from api.openapi import DESCRIPTION
from api.routes import ROUTERS, STREAMING
from ledger.config import PREFIX, Settings
from ledger.domain.catalogue import CATALOGUE, decode, encode
from ledger.domain.evidence import Evidence
from ledger.standards import xapi
from ledger.standards.csv_mapping import CsvMapping, read_mapping
from ledger.standards.csv_rows import read_csv
from ledger.standards.items import Item
from ledger.standards.translation import Translated
from ledger.standards.xapi_meaning import AWARDS, COMPETENCY_TYPES, DIRECTED, JUDGEMENTS
from tests.drawn import document

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def sections(text: str, marks: str) -> dict[str, str]:
    """Cut a page at its headings of one kind: what is between backticks names the section."""
    found = re.split(rf"^{marks} `(.+)`$", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def missing(wanted: list[str], text: str) -> list[str]:
    return [line for line in wanted if line not in text]


# -- settings


def test_every_setting_is_documented_and_no_other() -> None:
    documented = set(sections(page("settings.md"), "###"))
    assert documented == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_defaults_are_as_documented() -> None:
    documented = sections(page("settings.md"), "###")
    wrong = {
        name: shown
        for name, field in Settings.model_fields.items()
        if (shown := default(field.default)) not in documented[f"{PREFIX}{name.upper()}"]
    }
    assert wrong == {}


def default(value: object) -> str:
    text = str(value.get_secret_value() if isinstance(value, SecretStr) else value)
    return f"Default: `{text}`." if text else "Default: empty."


# -- facts


def test_every_topic_is_documented_and_no_other() -> None:
    assert set(sections(page("events.md"), "###")) == {kind.TOPIC for kind in CATALOGUE}


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.TOPIC.split(".")[1])
def test_a_fact_has_the_fields_that_its_page_says(kind: type[Any]) -> None:
    section = sections(page("events.md"), "###")[kind.TOPIC]
    rows = re.findall(r"^\| `(\w+)` \| (required)? *\|", section, re.MULTILINE)
    fields = msgspec.structs.fields(kind)
    assert [(name, needed == "required") for name, needed in rows] == [
        (field.name, field.required) for field in fields
    ]


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.TOPIC.split(".")[1])
def test_the_example_of_a_fact_is_one(kind: type[Any]) -> None:
    section = sections(page("events.md"), "###")[kind.TOPIC]
    (example,) = re.findall(r"```json\n(.+?)```", section, re.DOTALL)
    fact = decode(kind.TOPIC, example.encode())
    assert type(fact) is kind
    assert json.loads(encode(fact)[1]) == json.loads(example)


def test_every_member_of_evidence_is_documented() -> None:
    table = page("events.md").partition("\n## Evidence\n")[2].partition("\n## ")[0]
    first = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    documented = set(re.findall(r"`(\w+)`", first))
    assert documented == {field.name for field in msgspec.structs.fields(Evidence)}


# -- HTTP


def test_every_route_is_documented_and_no_other() -> None:
    wanted = [
        f"| `{method.upper()}` | `{path}` | {scope_of(operation)} | {operation['summary']} |"
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]
    text = page("api.md")
    assert missing(wanted, text) == []
    assert len(re.findall(r"^\| `(GET|POST|PUT|DELETE)` \|", text, re.MULTILINE)) == len(wanted)


def scope_of(operation: dict[str, Any]) -> str:
    found = operation.get("security")
    return f"`{found[0]['bearer'][0]}`" if found else "open"


def test_roles_are_as_documented() -> None:
    wanted = [
        f"| `{role}` | {', '.join(f'`{scope}`' for scope in sorted(scopes))} |"
        for role, scopes in SCOPES.items()
    ]
    assert missing(wanted, page("api.md")) == []


def test_problems_are_as_documented() -> None:
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, problems.Kind)]
    wanted = [f"| `{kind.name}` | {kind.status} | {kind.title}. |" for kind in kinds]
    assert missing(wanted, page("api.md")) == []


def test_every_operation_explains_itself() -> None:
    operations = [
        operation for methods in document()["paths"].values() for operation in methods.values()
    ]
    silent = [one["summary"] for one in operations if not one.get("description")]
    assert silent == []
    assert DESCRIPTION
    assert len(operations) == sum(len(router.routes) for router in (*STREAMING, *ROUTERS))


# -- the command line


def commands(
    command: Any = None, words: tuple[str, ...] = ("mastery",)
) -> Iterator[tuple[str, Any]]:
    command = command or typer.main.get_command(cli)
    if not hasattr(command, "commands"):
        yield " ".join(words), command
        return
    for name in command.list_commands(None):
        yield from commands(command.get_command(None, name), (*words, name))


def test_every_command_is_documented_and_no_other() -> None:
    assert set(sections(page("cli.md"), "##")) == {name for name, _ in commands()}


@pytest.mark.parametrize(("name", "command"), [*commands()], ids=[name for name, _ in commands()])
def test_help_says_what_the_page_says(name: str, command: Any) -> None:
    section = sections(page("cli.md"), "##")[name]
    options = [option for each in command.params for option in each.opts if option.startswith("--")]
    rows = [f"`{option}`" for option in options if option != "--help"]
    assert missing([f"```text\n{command.help.strip()}\n```", *rows], section) == []


@pytest.mark.parametrize(("name", "command"), [*commands()], ids=[name for name, _ in commands()])
def test_examples_name_options_that_there_are(name: str, command: Any) -> None:
    lines = (command.help or "").partition("Example")[2].splitlines()
    used = {
        option
        for line in lines
        if f"{name} " in line or line.startswith("        --")
        for option in re.findall(r"(?<!\S)--[a-z-]+", line.partition("#")[0])
    }
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    assert used <= known


def test_the_csv_of_its_page_is_read_by_the_mapping_of_its_page() -> None:
    text = page("csv.md")
    (rows,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    (mapping,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    found = list(read_csv([rows.encode()], read_mapping(mapping.encode())))
    assert [type(one) for one in found] == [Translated, Translated]
    first, second = (one.submissions[0].evidence for one in found if isinstance(one, Translated))
    assert (first.source.external_id, str(first.hours)) == ("hours/17", "3.5")
    assert first.occurred_at.isoformat() == "2026-03-05T00:00:00+01:00"
    assert (first.context.equipment, first.context.purpose) == (("MIG", "lathe"), "summative")
    assert (second.result, second.context.purpose) == (None, "formative")
    members = {f"`{name}`" for name in CsvMapping.model_fields}
    assert missing(sorted(members), text) == []


# -- xAPI


def test_the_statement_of_its_page_counts() -> None:
    (statement,) = re.findall(r"```json\n(.*?)```", page("xapi.md"), re.DOTALL)
    outcome = xapi.outcome_of(Item(0, statement.encode()))
    assert isinstance(outcome, Translated)
    (submission,) = outcome.submissions
    assert (submission.evidence.kind, len(submission.evidence.alignments)) == ("assessment", 1)


def test_every_verb_that_counts_is_documented_with_what_it_means_and_no_other() -> None:
    rows = re.findall(r"^\| `(\S+)` \| (.*) \| (.*) \| (.*) \|$", page("xapi.md"), re.MULTILINE)
    says = {True: "success", False: "no success", None: "what `result` says"}
    by = {"learner": "assessment", "assessor": "assessment, by the actor"}
    needs = {
        "nothing": "an activity as object",
        "score": "an activity as object, and `result.score`",
        "competency": "a competency",
    }
    judged = {
        (verb, by[meaning.speaker], says[meaning.success], needs[meaning.needs])
        for verb, meaning in JUDGEMENTS.items()
    }
    awarded = {(verb, "credential", says[True], needs["nothing"]) for verb in AWARDS}
    assert set(rows) == judged | awarded


def test_other_names_that_xapi_knows_are_documented() -> None:
    known = [f"`{name}`" for name in sorted(DIRECTED | COMPETENCY_TYPES)]
    assert missing(known, page("xapi.md")) == []


# -- capabilities


def shown_by_row() -> dict[str, set[str]]:
    """Find the rows that tests say they show, by what their docstrings begin with."""
    found: dict[str, set[str]] = {}
    for file in TESTS.rglob("test_*.py"):
        said = re.findall(
            r"^def (test_\w+)[^\"]*?-> None:\n    \"\"\"(S\d-\d+[^:]*):",
            file.read_text("utf-8"),
            re.MULTILINE,
        )
        for name, rows in said:
            for row in re.findall(r"S\d-\d+", rows):
                found.setdefault(row, set()).add(name)
    return found


def test_every_capability_is_shown_by_the_tests_that_its_page_names() -> None:
    rows = re.findall(r"^\| (S\d-\d+) \| .* \| (.*) \|$", page("capabilities.md"), re.MULTILINE)
    assert {row: set(re.findall(r"test_\w+", named)) for row, named in rows} == shown_by_row()
