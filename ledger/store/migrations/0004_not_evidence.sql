-- What is on record of a learner besides evidence is little, and read with any part of the evidence.
CREATE INDEX facts_not_evidence_idx ON ledger.facts (originator_id) WHERE topic <> 'mastery.evidence-recorded.v1';
