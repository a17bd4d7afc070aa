-- is_shared --
-- Whether what outlives a generation is there, in its latest form.
SELECT to_regclass('views.generations') IS NOT NULL AND EXISTS (
    SELECT FROM pg_attribute
     WHERE attrelid = to_regclass('views.mastery_changes') AND attname = 'crosswalks')
   AND EXISTS (
    SELECT FROM pg_constraint
     WHERE conrelid = to_regclass('views.mastery_changes')
       AND conname = 'mastery_changes_cause_check'
       AND pg_get_constraintdef(oid) LIKE '%erasure%');

-- live_locked --
-- The live generation, locked: whoever holds the row writes the views.
SELECT generation, shape, position, clock FROM views.generations WHERE status = 'live' FOR UPDATE;

-- live --
-- The live generation, as it stands.
SELECT generation, shape, position, clock FROM views.generations WHERE status = 'live';

-- building --
-- The generation under construction, if one was begun.
SELECT generation, shape, position, clock FROM views.generations WHERE status = 'building';

-- begin_generation --
INSERT INTO views.generations (generation, status, shape, position, clock)
SELECT coalesce(max(generation), 0) + 1, %(status)s, %(shape)s, %(position)s, %(clock)s
  FROM views.generations
RETURNING generation;

-- forget_generation --
DELETE FROM views.generations WHERE generation = %(generation)s;

-- make_live --
UPDATE views.generations SET status = 'live' WHERE generation = %(generation)s;

-- reach --
-- The position and clock reached, in the transaction that wrote the views up to there.
UPDATE views.generations SET position = %(position)s, clock = %(clock)s
 WHERE generation = %(generation)s;

-- last_sequence --
SELECT coalesce(max(sequence), 0) FROM views.mastery_changes;

-- pairs --
-- What the view says now of some learners.
SELECT m.learner, m.competency, m.state, m.due_at
  FROM unnest(%(learners)s::uuid[]) AS asked (learner)
  JOIN views.{g}_mastery AS m ON m.learner = asked.learner;

-- some_pairs --
-- The same, of some of their competencies.
SELECT m.learner, m.competency, m.state, m.due_at
  FROM unnest(%(learner)s::uuid[], %(competency)s::text[]) AS asked (learner, competency)
  JOIN views.{g}_mastery AS m ON m.learner = asked.learner AND m.competency = asked.competency;

-- places --
-- Where evidence begins that bears, or bore, on some competencies of some learners.
SELECT DISTINCT o.first_position
  FROM unnest(%(learner)s::uuid[], %(competency)s::text[]) AS asked (learner, competency)
  JOIN views.{g}_observations AS o ON o.learner = asked.learner AND o.competency = asked.competency;

-- directory --
SELECT l.learner, l.facts, l.evidence, l.withdrawn, l.last_position, l.last_recorded_at, l.revises
  FROM unnest(%(learners)s::uuid[]) AS asked (learner)
  JOIN views.{g}_learners AS l ON l.learner = asked.learner;

-- due --
-- Pairs whose state time alone may have changed by a moment.
SELECT learner, competency, due_at FROM views.{g}_mastery
 WHERE due_at <= %(until)s ORDER BY due_at, learner, competency;

-- next_due --
SELECT min(due_at) FROM views.mastery;

-- close --
-- End rows that a correction or a withdrawal superseded.
UPDATE views.{g}_observations AS o SET ended_position = ended.by
  FROM unnest(%(evidence)s::uuid[], %(position)s::bigint[], %(by)s::bigint[])
       AS ended (evidence, position, by)
 WHERE o.evidence = ended.evidence AND o.position = ended.position;

-- forget_observations --
-- A framework gave names a new meaning: the rows of these learners are written anew.
DELETE FROM views.{g}_observations WHERE learner = ANY(%(learners)s);

-- drop_mastery --
-- Make way for rows that are copied in.
DELETE FROM views.{g}_mastery AS m
 USING unnest(%(learner)s::uuid[], %(competency)s::text[]) AS gone (learner, competency)
 WHERE m.learner = gone.learner AND m.competency = gone.competency;

-- drop_learners --
-- Make way for rows that are copied in.
DELETE FROM views.{g}_learners AS l USING unnest(%(learner)s::uuid[]) AS gone (learner)
 WHERE l.learner = gone.learner;

-- add_providers --
INSERT INTO views.{g}_providers AS p
SELECT * FROM unnest(
    %(provider)s::uuid[], %(evidence)s::bigint[], %(corrections)s::bigint[],
    %(withdrawals)s::bigint[], %(unverified)s::bigint[], %(unaligned)s::bigint[],
    %(delay_s)s::bigint[])
    ON CONFLICT (provider) DO UPDATE SET
       evidence = p.evidence + excluded.evidence,
       corrections = p.corrections + excluded.corrections,
       withdrawals = p.withdrawals + excluded.withdrawals,
       unverified = p.unverified + excluded.unverified,
       unaligned = p.unaligned + excluded.unaligned,
       delay_s = p.delay_s + excluded.delay_s;

-- announce --
SELECT pg_notify('mastery_changes', %(sequence)s::text);

-- learners_of_provider --
SELECT DISTINCT learner FROM views.{g}_observations WHERE provider = %(provider)s ORDER BY learner;

-- learners_of_framework --
-- Whose evidence names this framework, or something that no framework had so far.
SELECT DISTINCT learner FROM views.{g}_observations
 WHERE framework = %(framework)s OR framework IS NULL ORDER BY learner;

-- learners_with_evidence --
SELECT DISTINCT learner FROM views.{g}_mastery ORDER BY learner;

-- everybody --
-- A credential may be aligned to nothing but what is on record of it: then no row of observations
-- tells of it.
SELECT learner FROM views.{g}_learners ORDER BY learner;

-- erased_ahead --
-- Whose erasure lies past a position (found as facts_in_clear has it).
SELECT originator_id FROM ledger.facts WHERE position > %(position)s
   AND topic = 'mastery.learner-erased.v1' AND substring(state, 1, 1) <> '\x01'::bytea;

-- keep_rows --
-- Of those whose erasure lies ahead nothing can be folded any more: their rows stay until the fact
-- that says why.
INSERT INTO views.{g}_mastery
SELECT old.* FROM views.{old}_mastery AS old WHERE old.learner = ANY(%(learners)s)
    ON CONFLICT DO NOTHING;

-- differences --
-- Pairs of which two generations say different things; a pair without a row has no evidence.
SELECT coalesce(new.learner, old.learner), coalesce(new.competency, old.competency),
       coalesce(old.state, 'no_evidence'), coalesce(new.state, 'no_evidence'),
       new.estimate, new.level, coalesce(new.policy, old.policy),
       coalesce(new.policy_digest, old.policy_digest),
       coalesce(new.framework_version, old.framework_version),
       coalesce(new.floors, old.floors), coalesce(new.crosswalks, old.crosswalks)
  FROM views.{g}_mastery AS new
  FULL JOIN views.{old}_mastery AS old USING (learner, competency)
 WHERE coalesce(old.state, 'no_evidence') <> coalesce(new.state, 'no_evidence')
 ORDER BY 1, 2;

-- first_differences --
-- The same, where there is no generation to compare with.
SELECT learner, competency, 'no_evidence', state, estimate, level, policy, policy_digest,
       framework_version, floors, crosswalks
  FROM views.{g}_mastery WHERE state <> 'no_evidence' ORDER BY 1, 2;

-- erasures_told --
-- Of these learners, those of whom the feed says already that they were erased.
SELECT DISTINCT learner FROM views.mastery_changes
 WHERE learner = ANY(%(learners)s) AND cause = 'erasure' AND competency = '';

-- changes_after --
-- The feed past a sequence number, oldest first.
SELECT sequence, id, learner, competency, from_state, to_state, estimate, level, cause,
       cause_position, policy, policy_digest, framework_version, effective_at, recorded_at,
       floors, crosswalks
  FROM views.mastery_changes WHERE sequence > %(after)s ORDER BY sequence LIMIT %(limit)s;

-- learner_page --
SELECT learner, facts, evidence, withdrawn, last_position, last_recorded_at
  FROM views.learners
 WHERE %(after)s::uuid IS NULL OR learner > %(after)s ORDER BY learner LIMIT %(limit)s;

-- provider_counts --
SELECT provider, evidence, corrections, withdrawals, unverified, unaligned, delay_s
  FROM views.providers ORDER BY provider;
