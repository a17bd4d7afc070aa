-- Facts that are not about learners are stored in clear, as JSON. They are few among millions
-- and read whole whenever an engine or a reader starts.
CREATE INDEX facts_in_clear_idx ON ledger.facts (position) WHERE substring(state, 1, 1) <> '\x01'::bytea;
