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
       cause_position, policy, policy_digest, framework_version, effective_at, recorded_at,
       floors, crosswalks
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

-- make_work --
-- How far each partition of the topic of facts is in each generation of the views.
CREATE TABLE IF NOT EXISTS views.work (
    generation integer     NOT NULL,
    partition  integer     NOT NULL,
    next       bigint      NOT NULL,
    position   bigint      NOT NULL,
    clock      timestamptz NOT NULL,
    CONSTRAINT work_pkey PRIMARY KEY (generation, partition));

-- live_shared --
-- The live generation, held against a rebuild's switch until this transaction ends.
SELECT generation, shape, position, clock FROM views.generations WHERE status = 'live' FOR SHARE;

-- begin_work --
-- A partition that no worker had yet begins where the views stand.
INSERT INTO views.work VALUES (%(generation)s, %(partition)s, 0, %(position)s, %(clock)s)
    ON CONFLICT DO NOTHING;

-- work --
SELECT next, position, clock FROM views.work
 WHERE generation = %(generation)s AND partition = %(partition)s FOR UPDATE;

-- move_work --
UPDATE views.work SET next = %(next)s, position = %(position)s, clock = %(clock)s
 WHERE generation = %(generation)s AND partition = %(partition)s;

-- one_writer --
-- Workers fold side by side and write in turn: the feed has one order.
SELECT pg_advisory_xact_lock(%(lock)s);

-- reach_all --
-- The views are as far as the partition that is least far; once every partition has a worker.
UPDATE views.generations AS g SET position = w.position, clock = w.clock
  FROM (SELECT generation, min(position) AS position, min(clock) AS clock FROM views.work
         GROUP BY generation HAVING count(*) = %(partitions)s) AS w
 WHERE g.generation = w.generation AND g.status = 'live' AND g.position < w.position;

-- make_processes --
-- What each process said last. `numbers` is a JSON array of consumers.reporting.Number.
CREATE TABLE IF NOT EXISTS views.processes (
    process    uuid        NOT NULL,
    part       text        NOT NULL,
    host       text        NOT NULL,
    pid        integer     NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    numbers    json        NOT NULL,
    CONSTRAINT processes_pkey PRIMARY KEY (process));

-- report --
INSERT INTO views.processes AS p VALUES
    (%(process)s, %(part)s, %(host)s, %(pid)s, clock_timestamp(), clock_timestamp(), %(numbers)s)
    ON CONFLICT (process) DO UPDATE SET seen_at = excluded.seen_at, numbers = excluded.numbers;

-- leave --
DELETE FROM views.processes WHERE process = %(process)s;

-- forget_processes --
-- Of those that were killed, after a while.
DELETE FROM views.processes WHERE seen_at < clock_timestamp() - make_interval(secs => %(kept_s)s);

-- processes --
-- Ages by PostgreSQL's clock, which all rows share.
SELECT process, part, host, pid, started_at,
       greatest(extract(epoch FROM clock_timestamp() - seen_at), 0), numbers
  FROM views.processes ORDER BY part, started_at, process;
