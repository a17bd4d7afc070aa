-- What outlives a generation of read models: which one is live, and the feed of changes.
-- Made by the service's own role when it first needs them; nothing here is a source of truth.

CREATE TABLE IF NOT EXISTS views.generations (
    generation integer     NOT NULL,
    status     text        NOT NULL,
    shape      integer     NOT NULL,
    position   bigint      NOT NULL,
    clock      timestamptz NOT NULL,
    CONSTRAINT generations_pkey PRIMARY KEY (generation),
    CONSTRAINT generations_status_check CHECK (status IN ('building', 'live'))
);

-- One generation is live, one may be under construction.
CREATE UNIQUE INDEX IF NOT EXISTS generations_status_key ON views.generations (status);

-- The ordered feed. `sequence` counts from 1 without gaps; `id` is a function of the cause.
CREATE TABLE IF NOT EXISTS views.mastery_changes (
    sequence          bigint      NOT NULL,
    id                uuid        NOT NULL,
    learner           uuid        NOT NULL,
    competency        text        NOT NULL,
    from_state        text        NOT NULL,
    to_state          text        NOT NULL,
    estimate          numeric,
    level             text,
    cause             text        NOT NULL,
    cause_position    bigint,
    policy            text        NOT NULL,
    policy_digest     text        NOT NULL,
    framework_version text,
    effective_at      timestamptz NOT NULL,
    recorded_at       timestamptz NOT NULL,
    CONSTRAINT mastery_changes_pkey PRIMARY KEY (sequence),
    CONSTRAINT mastery_changes_id_key UNIQUE (id)
);
CREATE INDEX IF NOT EXISTS mastery_changes_learner_idx ON views.mastery_changes (learner, sequence);

-- Digests of what a change rests on; a feed that was made before has none.
ALTER TABLE views.mastery_changes
    ADD COLUMN IF NOT EXISTS floors     text[] NOT NULL DEFAULT '{{}}',
    ADD COLUMN IF NOT EXISTS crosswalks text[] NOT NULL DEFAULT '{{}}';

-- Not validated: what is there satisfied a narrower one, and a long feed is not to be read for it.
ALTER TABLE views.mastery_changes DROP CONSTRAINT IF EXISTS mastery_changes_cause_check;
ALTER TABLE views.mastery_changes ADD CONSTRAINT mastery_changes_cause_check
    CHECK (cause IN ('fact', 'reference', 'time', 'rebuild', 'erasure')) NOT VALID;
