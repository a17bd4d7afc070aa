"""The auditor of the store: reads a log past the ledger and lists what is wrong with it."""

from __future__ import annotations

from tests.ledgers import rows

CHECKS = {
    "positions leave gaps": """
        SELECT position, previous FROM (
            SELECT position, lag(position, 1, 0::bigint) OVER (ORDER BY position) AS previous
              FROM ledger.facts) AS placed
         WHERE position <> previous + 1""",
    "a stream's versions leave gaps": """
        SELECT originator_id, originator_version, previous FROM (
            SELECT originator_id, originator_version,
                   lag(originator_version, 1, 0::bigint)
                       OVER (PARTITION BY originator_id ORDER BY originator_version) AS previous,
                   lag(position, 1, 0::bigint)
                       OVER (PARTITION BY originator_id ORDER BY originator_version) AS before,
                   position
              FROM ledger.facts) AS placed
         WHERE originator_version <> previous + 1 OR position <= before""",
    "recorded_at goes back": """
        SELECT position, recorded_at, previous FROM (
            SELECT position, recorded_at, lag(recorded_at) OVER (ORDER BY position) AS previous
              FROM ledger.facts) AS placed
         WHERE recorded_at < previous""",
    "a fact id occurs twice": """
        SELECT fact_id, count(*) FROM ledger.facts GROUP BY fact_id HAVING count(*) > 1""",
    "a receipt without its fact": """
        SELECT r.message, r.position FROM ledger.receipts AS r
          LEFT JOIN ledger.facts AS f ON f.position = r.position AND f.recorded_at = r.recorded_at
         WHERE f.position IS NULL""",
    "two receipts for one fact": """
        SELECT position, count(*) FROM ledger.receipts
         WHERE evidence <> '00000000-0000-0000-0000-000000000000' -- the mark of a group
         GROUP BY position HAVING count(*) > 1""",
    "evidence without a receipt": """
        SELECT f.position FROM ledger.facts AS f
          LEFT JOIN ledger.receipts AS r ON r.position = f.position
         WHERE r.position IS NULL AND f.topic LIKE 'mastery.evidence-%%'""",
    "evidence whose receipt names another": """
        SELECT r.position FROM ledger.receipts AS r JOIN ledger.facts AS f USING (position)
         WHERE f.topic = 'mastery.evidence-recorded.v1'
           AND r.evidence <> '00000000-0000-0000-0000-000000000000'
           AND (r.evidence <> f.fact_id OR r.learner <> f.originator_id)""",
    "a learner without a data key": """
        SELECT DISTINCT f.originator_id FROM ledger.facts AS f
          LEFT JOIN ledger.data_keys AS k ON k.owner = f.originator_id
         WHERE f.topic LIKE 'mastery.learner-%%' AND k.owner IS NULL""",
    "a data key of nobody": """
        SELECT k.owner FROM ledger.data_keys AS k
         WHERE NOT EXISTS (SELECT FROM ledger.facts AS f WHERE f.originator_id = k.owner)
           AND NOT EXISTS (SELECT FROM ledger.documents AS d WHERE d.owner = k.owner)
           AND k.owner <> '6d617374-6572-4b65-a000-000000000001'""",
    "an identifier of nobody": """
        SELECT i.identifier FROM ledger.identifiers AS i
         WHERE NOT EXISTS (SELECT FROM ledger.facts AS f WHERE f.originator_id = i.learner)""",
}


def unsound(url: str) -> list[str]:
    """List what is wrong with a log; [] if it is sound."""
    return [
        f"{claim}: {found[:3]} ({len(found)} in all)"
        for claim, query in CHECKS.items()
        if (found := rows(url, query))
    ]
