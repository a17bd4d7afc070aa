-- facts_after --
-- Where each fact stands, past a position. A body comes along for reference facts only, which
-- are stored as plain JSON, and only if it is small.
SELECT position, originator_id::text, originator_version, topic, recorded_at, fact_id::text,
       provider::text,
       CASE WHEN topic = ANY(%(open)s) AND octet_length(state) <= %(body_bytes_max)s THEN state END
  FROM ledger.facts WHERE position > %(after)s ORDER BY position LIMIT %(limit)s;

-- facts_head --
SELECT coalesce((SELECT position FROM ledger.facts ORDER BY position DESC LIMIT 1), 0);

-- changes_after --
-- The feed past a sequence number, oldest first.
SELECT sequence, id, learner, competency, from_state, to_state, estimate, level, cause,
       cause_position, policy, policy_digest, framework_version, effective_at, recorded_at
  FROM views.mastery_changes WHERE sequence > %(after)s ORDER BY sequence LIMIT %(limit)s;

-- changes_head --
SELECT coalesce((SELECT sequence FROM views.mastery_changes ORDER BY sequence DESC LIMIT 1), 0);

-- lead --
-- Become the one that relays, until this session ends.
SELECT pg_try_advisory_lock(%(lock)s);

-- still_leading --
SELECT EXISTS (
    SELECT FROM pg_locks
     WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
       AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = %(lock)s);
