from __future__ import annotations

from typing import Any

import pytest

from ledger.standards.json_text import value_of
from ledger.standards.xapi_statement import statement
from tests.unit.standards.samples import COMPETENCY, REMOVED, STATEMENT, changed, written

AGENT = {"mbox": "mailto:a@example.org"}
KEY = {"account": {"homePage": "https://lrs.example.org/oauth/token", "name": "key"}}
PAIR = {"objectType": "Group", "member": [AGENT, KEY]}
SUB = {
    "objectType": "SubStatement",
    "actor": AGENT,
    "verb": {"id": "http://example.org/planned"},
    "object": {"id": "http://example.org/visit"},
}
REF = {"objectType": "StatementRef", "id": "7ced3322-e1a5-411a-a67d-6a735c76f119"}
INTERACTION = {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "b"}]}


def faults(document: object) -> list[tuple[str, str]]:
    return [(each.where, each.why) for each in statement(value_of(written(document)))]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("id", REMOVED, id="without an id"),
        pytest.param("actor/objectType", REMOVED, id="an agent that does not say so"),
        pytest.param("actor", {"mbox_sha1sum": "a" * 40}, id="a hashed address"),
        pytest.param("actor", {"openid": "https://a.example.org/"}, id="an openid"),
        pytest.param("actor", {"account": {"homePage": "http://x.y", "name": "7"}}, id="an account"),
        pytest.param("actor", {"objectType": "Group", "member": [AGENT]}, id="an anonymous group"),
        pytest.param("actor", {"objectType": "Group", **AGENT}, id="a group with an address"),
        pytest.param("object", {"id": "http://example.org/x"}, id="an activity that does not say so"),
        pytest.param("object/definition", INTERACTION, id="a question"),
        pytest.param("result/score", {"scaled": -1}, id="the lowest scaled score"),
        pytest.param("result/duration", "P3W", id="weeks"),
        pytest.param("result/duration", "P1Y2M3DT4H5M6.7S", id="every part of a duration"),
        pytest.param("timestamp", "2026-03-02T10:15:00.123456789Z", id="nanoseconds"),
        pytest.param("timestamp", "2026-03-02T10:15:00", id="a time in UTC by default"),
        pytest.param("timestamp", "2026-03-02T10:15:00+0530", id="an offset without a colon"),
        pytest.param("context/contextActivities/parent", COMPETENCY, id="one activity, as in 1.0.3"),
        pytest.param("context/language", "en-US-x-shop", id="a private language tag"),
        pytest.param("context/statement", REF, id="another statement in the context"),
        pytest.param(
            "context/contextAgents",
            [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["http://x.y/z"]}],
            id="a context agent, as in 2.0",
        ),
        pytest.param("context/extensions/urn:example:booth", None, id="null in an extension"),
        pytest.param("version", "1.0.9", id="a later patch of 1.0"),
        pytest.param("version", "2.0.0", id="2.0"),
        pytest.param(
            "authority", PAIR, id="OAuth's two agents"
        ),
        pytest.param("authority", KEY, id="one agent who is the authority"),
        pytest.param(
            "attachments",
            [{"usageType": "http://x.y/z", "display": {"en": "photo"}, "contentType": "image/png",
              "length": 12, "sha2": "0" * 64, "fileUrl": "https://x.y/photo.png"}],
            id="an attachment kept elsewhere",
        ),
    ],
)  # fmt: skip
def test_a_statement_may_have(path: str, value: Any) -> None:
    assert faults(changed(STATEMENT, path, value)) == []


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(SUB, id="a SubStatement"),
        pytest.param(REF, id="a StatementRef"),
        pytest.param({"objectType": "Agent", **AGENT}, id="an agent"),
        pytest.param({"objectType": "Group", "member": []}, id="an empty group"),
    ],
)
def test_the_object_may_be(target: object) -> None:
    without_platform = changed(STATEMENT, "context/platform", REMOVED)
    assert faults(changed(without_platform, "object", target)) == []


@pytest.mark.parametrize(
    ("path", "value", "where", "why"),
    [
        pytest.param("actor", REMOVED, "/actor", "is missing", id="nobody acts"),
        pytest.param("verb", REMOVED, "/verb", "is missing", id="nothing is done"),
        pytest.param("object", REMOVED, "/object", "is missing", id="to nothing"),
        pytest.param("Actor", AGENT, "/Actor", "is not a member known here", id="capital letter"),
        pytest.param("id", "7ced3322", "/id", "is not a UUID", id="short id"),
        pytest.param("id", None, "/id", "is not a UUID", id="null"),
        pytest.param("verb/id", "passed", "/verb/id", "is not an IRI with a scheme", id="word as verb"),
        pytest.param("verb/display", {"english": "x"}, None, "", id="eight letters are a language"),
        pytest.param("verb/display", {"e": "x"}, "/verb/display/e",
                     "is not an RFC 5646 language tag", id="no language"),
        pytest.param("actor/mbox", "andy@example.org", "/actor/mbox",
                     "is not a mailto: IRI with an address", id="mbox without mailto"),
        pytest.param("actor/openid", "http://x.y", "/actor", "has mbox and openid", id="two names"),
        pytest.param("actor/mbox", REMOVED, "/actor", "has no identifier", id="a name alone"),
        pytest.param("actor", {"mbox_sha1sum": "i-am-a-sha"}, "/actor/mbox_sha1sum",
                     "is not the 40 hex digits of a SHA-1", id="no SHA-1"),
        pytest.param("actor", {"account": {"name": "7"}}, "/actor/account/homePage", "is missing",
                     id="account of nowhere"),
        pytest.param("actor", {"objectType": "Group"}, "/actor/member", "is missing",
                     id="group of nobody"),
        pytest.param("actor", {"objectType": "Group", "member": [{"objectType": "Group"}]},
                     "/actor/member/0/objectType", "is not Agent", id="group in a group"),
        pytest.param("result/score/scaled", 1.01, "/result/score/scaled", "is 1.01", id="over one"),
        pytest.param("result/score/scaled", "0.9", "/result/score/scaled", "is not a number",
                     id="score as text"),
        pytest.param("result/score/raw", 51, "/result/score/raw", "51 is above max 50", id="over max"),
        pytest.param("result/score/min", 50, "/result/score/max", "50 is not above min 50", id="no range"),
        pytest.param("result/success", "true", "/result/success", "is not a boolean", id="true as text"),
        pytest.param("result/duration", "1:30", "/result/duration",
                     "is not an ISO 8601 duration, such as PT1H30M", id="clock as duration"),
        pytest.param("result/duration", "PT", "/result/duration",
                     "is not an ISO 8601 duration, such as PT1H30M", id="empty duration"),
        pytest.param("timestamp", "2026-03-02T10:15:00-00:00", "/timestamp", "has the offset -00:00",
                     id="minus nought"),
        pytest.param("timestamp", "2026-03-02", "/timestamp", "is a date without a time", id="a day"),
        pytest.param("context/registration", "4", "/context/registration", "is not a UUID", id="reg"),
        pytest.param("context/extensions/booth", 4, "/context/extensions/booth",
                     "is not an IRI with a scheme", id="extension by a plain name"),
        pytest.param("context/contextActivities/sibling", [], "/context/contextActivities/sibling",
                     "is not a member known here", id="a fifth relation"),
        pytest.param("context/instructor", {"name": "x"}, "/context/instructor", "has no identifier",
                     id="unknown instructor"),
        pytest.param("object/definition/choices", [{"id": "a"}], "/object/definition/interactionType",
                     "is missing", id="choices of no question"),
        pytest.param("object/definition", {"interactionType": "choice", "choices": [{"id": "a"}] * 2},
                     "/object/definition/choices", "has an id twice", id="a choice twice"),
        pytest.param("object/objectType", "Thing", "/object/objectType", "is not a kind of object",
                     id="thing"),
        pytest.param("object/objectType", ["Agent"], "/object/objectType", "is not a kind of object",
                     id="list as type"),
        pytest.param("object", {**SUB, "id": REF["id"]}, "/object/id", "is not a member known here",
                     id="SubStatement with an id"),
        pytest.param("object", {**SUB, "object": SUB}, "/object/object/objectType", "is nested",
                     id="SubStatement in a SubStatement"),
        pytest.param("object", REF, "/context/platform",
                     "does not go with an object that is StatementRef", id="platform of a statement"),
        pytest.param("version", "1.1.0", "/version", "is not 1.0.x or 2.0.x", id="1.1"),
        pytest.param("verb/id", "http://adlnet.gov/expapi/verbs/voided", "/object",
                     "is not a statement", id="voids an activity"),
        pytest.param("authority", {"objectType": "Group", "member": [AGENT]}, "/authority/member",
                     "has 1 agents", id="half of OAuth"),
        pytest.param("authority", PAIR | {"member": [AGENT, KEY, AGENT]}, "/authority/member",
                     "has 3 agents", id="more than OAuth's two"),
        pytest.param("authority", PAIR | {"member": [AGENT, AGENT]}, "/authority/member",
                     "has no account", id="two agents, none of them an application"),
        *(
            pytest.param("authority", PAIR | named, f"/authority/{name}",
                         "identifies a group that is an authority", id=f"a group with {name}")
            for name, named in (("mbox", AGENT), ("account", KEY),
                                ("openid", {"openid": "https://a.example.org/"}),
                                ("mbox_sha1sum", {"mbox_sha1sum": "a" * 40}))
        ),
        pytest.param("authority", {"objectType": "Group", **AGENT}, "/authority/mbox",
                     "identifies a group that is an authority", id="a group without members"),
        pytest.param("attachments", [{}], "/attachments/0/usageType", "is missing", id="attachment"),
    ],
)  # fmt: skip
def test_a_statement_may_not_have(path: str, value: Any, where: str | None, why: str) -> None:
    found = faults(changed(STATEMENT, path, value))
    assert found == [] if where is None else (where, why) in found


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [STATEMENT]], ids=repr)
def test_what_is_no_statement_is_told_so(value: object) -> None:
    assert faults(value)
