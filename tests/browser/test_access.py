"""Who may see what, and what nobody may do to a page."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from api.web.session import COOKIE
from tests.browser.conftest import Visit
from tests.browser.seeding import SCRIPT
from tests.browser.site import Site, signed_in

pytestmark = pytest.mark.browser
ADA = "Ada Okafor"


def test_nobody_sees_anything_without_a_token(visit: Visit, site: Site) -> None:
    for path in ("/", "/learners", site.transcript(ADA), site.history(ADA), site.evidence("bay-1")):
        page = visit(path, role=None)
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        expect(page.locator("body")).not_to_contain_text(ADA)


def test_a_token_that_is_not_known_opens_nothing(visit: Visit) -> None:
    page = visit("/sign-in", role=None)
    page.get_by_label("Token").fill("mlt_not-a-token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    assert page.context.cookies() == []


def test_signing_in_leads_on_to_the_page_that_was_asked_for(visit: Visit, site: Site) -> None:
    page = visit(f"{site.transcript(ADA)}?as_of=20", role=None)
    page.get_by_label("Token").fill(site.seeded.tokens["reader"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{site.transcript(ADA)}?as_of=20")


def test_signing_out_forgets(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/learners")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_revoked_token_opens_nothing_more(visit: Visit, site: Site) -> None:
    token = site.seeded.ledger.access.issue("reader", label="Soon gone")
    site.seeded.ledger.access.revoke(token)
    page = visit("/sign-in", role=None)
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("was revoked")


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        pytest.param(role, path, status, id=f"{role} {path}")
        for role, opens in {
            "reader": {"overview": 200, "learners": 200, "transcript": 200, "history": 200, "bay": 200, "coupon": 200},
            "auditor": {"overview": 200, "learners": 200, "transcript": 200, "history": 200, "bay": 200, "coupon": 200},
            "steward": {"overview": 200, "learners": 200, "transcript": 200, "history": 200, "bay": 200, "coupon": 200},
            "operator": {"overview": 200, "learners": 403, "transcript": 403, "history": 403, "bay": 403, "coupon": 403},
            "employer": {"overview": 200, "learners": 403, "transcript": 403, "history": 403, "bay": 200, "coupon": 404},
        }.items()
        for path, status in opens.items()
    ],
)  # fmt: skip
def test_each_role_opens_what_is_its_business(
    site: Site, role: str, path: str, status: int
) -> None:
    where = {
        "overview": "/", "learners": "/learners", "transcript": site.transcript(ADA),
        "history": site.history(ADA), "bay": site.evidence("bay-1"), "coupon": site.evidence("fillet-2"),
    }  # fmt: skip
    with signed_in(site, role) as client:
        answer = client.get(where[path])
    assert answer.status_code == status
    names_her = status == 200 and path not in {"overview", "learners"} and role != "employer"
    assert (ADA in answer.text) is names_her or path == "learners"


def test_a_provider_is_told_why_it_sees_no_transcript(visit: Visit, site: Site) -> None:
    page = visit(site.transcript(ADA), role="employer")
    expect(page.get_by_role("heading", level=1)).to_have_text("This token does not allow that")
    expect(page.locator("main")).to_contain_text("nobody's transcript")


def test_a_provider_sees_only_itself_among_the_providers(visit: Visit) -> None:
    page = visit("/", role="employer")
    expect(page.get_by_role("region", name="Providers").get_by_role("row")).to_have_count(2)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/learners/not-an-id", id="no id"),
        pytest.param("/learners/00000000-0000-4000-8000-000000000000", id="nobody"),
        pytest.param("/evidence/00000000-0000-4000-8000-000000000000", id="no evidence"),
    ],
)
def test_what_is_not_there_is_said_on_a_page(visit: Visit, path: str) -> None:
    expect(visit(path).get_by_role("heading", level=1)).to_have_text("There is no such thing here")


def test_a_misspelt_parameter_is_said_on_a_page(visit: Visit, site: Site) -> None:
    found = visit(f"{site.transcript(ADA)}?as-of=3")
    expect(found.get_by_text("no parameter as-of; is it as_of?")).to_be_visible()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    answer = httpx.post(f"{site.url}/sign-in", data={"token": site.seeded.tokens["reader"]})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_an_altered_cookie_opens_nothing(site: Site) -> None:
    with signed_in(site, "reader") as client:
        value = client.cookies[COOKIE]
    for altered in (value[:-1] + ("0" if value[-1] != "0" else "1"), "x" + value, "", "."):
        answer = httpx.get(f"{site.url}/learners", headers={"cookie": f"{COOKIE}={altered}"})
        assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"sec-fetch-site": "cross-site"}, id="by fetch metadata"),
        pytest.param({"origin": "https://elsewhere.example"}, id="by origin"),
        pytest.param({"origin": "null"}, id="by no origin"),
    ],
)
def test_another_site_signs_nobody_in(site: Site, headers: dict[str, str]) -> None:
    token = site.seeded.tokens["reader"]
    answer = httpx.post(f"{site.url}/sign-in", data={"token": token}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "after",
    [
        "//elsewhere.example",
        "https://elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
    ],
)
def test_signing_in_never_leads_to_another_site(site: Site, after: str) -> None:
    form = {"token": site.seeded.tokens["reader"], "next": after}
    assert httpx.post(f"{site.url}/sign-in", data=form).headers["location"] == "/"


def test_a_form_with_too_many_fields_is_refused(site: Site) -> None:
    answer = httpx.post(
        f"{site.url}/sign-in", data={f"field {number}": "x" for number in range(30)}
    )
    assert answer.status_code == 400


def test_every_page_has_a_strict_policy_and_stays_out_of_caches(site: Site) -> None:
    paths = ("/", "/learners", site.transcript(ADA), site.evidence("bay-1"), "/learners/none")
    with signed_in(site, "reader") as client:
        answers = [client.get(path) for path in paths]
    for headers in (answer.headers for answer in answers):
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_a_name_that_is_a_script_is_only_a_name(visit: Visit, site: Site) -> None:
    for path in (site.transcript(SCRIPT), site.history(SCRIPT), f"/learners?q={SCRIPT}",
                 site.evidence(f"first of {SCRIPT}")):  # fmt: skip
        page = visit(path)
        expect(page.locator("body")).to_contain_text(SCRIPT)
        assert page.title() != "owned"
        assert page.locator("main script, main img").count() == 0


def test_the_document_as_received_is_text_and_downloads_as_it_came(
    visit: Visit, site: Site
) -> None:
    page = visit(site.evidence("ppe-1"))
    assert page.title() != "1"
    page.get_by_text("The document as received", exact=True).click()
    expect(page.get_by_label("The document as received")).to_contain_text(
        "</pre><script>document.title=1</script>"
    )
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the document as received").click()
    assert waiting.value.path().read_bytes().startswith(b'{"check": "safety"')


def test_a_link_that_is_a_script_is_no_link(visit: Visit, site: Site) -> None:
    page = visit(site.evidence("fillet-2"))
    expect(page.get_by_role("link", name="Photograph of the coupon")).to_be_visible()
    expect(page.get_by_text("A link that must not work", exact=True)).to_be_visible()
    assert page.locator("a[href^='javascript']").count() == 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("okafor", id="part of a name, in any case"),
        pytest.param("number", id="student number"),
        pytest.param("id", id="ledger id"),
    ],
)
def test_a_learner_is_found(visit: Visit, site: Site, text: str) -> None:
    wanted = {"number": f"S-{site.seeded.number(ADA)}", "id": str(site.seeded.learners[ADA])}
    page = visit("/learners")
    page.get_by_role("searchbox").fill(wanted.get(text, text))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q="))
    expect(page.get_by_role("status")).to_contain_text("1 learner found")
    page.get_by_role("link", name=ADA).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(ADA)


def test_the_list_is_read_page_by_page_to_its_end(visit: Visit, site: Site) -> None:
    page, seen = visit("/learners"), set[str]()
    while True:
        seen |= {one.inner_text() for one in page.locator("tbody .mono").all()}
        further = page.get_by_role("link", name="Next page")
        if further.count() == 0:
            break
        with page.expect_navigation():
            further.click()
    assert seen == {str(learner) for learner in site.seeded.learners.values()}
