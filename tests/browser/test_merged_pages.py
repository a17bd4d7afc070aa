"""The pages of two learners who are one person."""

from __future__ import annotations

import pytest

from ledger.domain.facts import LearnerMerged
from tests.browser.site import served, signed_in
from tests.services.postgres import Postgres

pytestmark = pytest.mark.browser


def test_a_piece_that_improves_what_the_other_did_says_so(
    postgres_server: Postgres, migrated_template: str
) -> None:
    name = postgres_server.create(template=migrated_template)
    with served(postgres_server.url(name)) as site:
        seeded = site.seeded
        by, ada = next(iter(seeded.providers)), "Ada Okafor"
        seeded.say(by, ada, "one")
        seeded.say(by, "Ada, at the college", "better", revises_external="one")
        who, into = seeded.learners["Ada, at the college"], seeded.learners[ada]
        fact = LearnerMerged(learner=who, into=into, reason="same_person")
        seeded.ledger.learners.identify(fact)
        with signed_in(site, "reader") as client:
            page = client.get(site.evidence("better")).text
            assert f'href="{site.evidence("one")}"' in page
    postgres_server.drop(name)
