-- The tables of one generation; {g} is its prefix. Dropped and rebuilt, never migrated.

-- One row per piece of evidence, competency and what was said of it. Facts only: whether it
-- counts depends on policy, authority and the day, and is answered by `mastery`. Where workers keep
-- the views, the row may be there for two learners, until both have come to the merge of one.
CREATE TABLE views.{g}_observations (
    learner        uuid        NOT NULL,
    competency     text        NOT NULL,
    evidence       uuid        NOT NULL,
    position       bigint      NOT NULL,
    first_position bigint      NOT NULL,
    ended_position bigint,
    provider       uuid        NOT NULL,
    kind           text        NOT NULL,
    framework      text,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL
);

-- One row per learner and competency that some evidence bears on. `position` is that of the
-- last fact about the evidence it rests on; `floors` and `crosswalks` are digests of what else.
CREATE TABLE views.{g}_mastery (
    learner           uuid        NOT NULL,
    competency        text        NOT NULL,
    state             text        NOT NULL,
    estimate          numeric,
    level             text,
    policy            text        NOT NULL,
    policy_digest     text        NOT NULL,
    framework         text,
    framework_version text,
    since             timestamptz,
    due_at            timestamptz,
    position          bigint      NOT NULL,
    floors            text[]      NOT NULL,
    crosswalks        text[]      NOT NULL
);

-- The learner directory: counts, and nothing that says who it is.
CREATE TABLE views.{g}_learners (
    learner          uuid        NOT NULL,
    facts            bigint      NOT NULL,
    evidence         bigint      NOT NULL,
    withdrawn        bigint      NOT NULL,
    last_position    bigint      NOT NULL,
    last_recorded_at timestamptz NOT NULL,
    revises          boolean     NOT NULL
);

-- What each provider sent, and how soon.
CREATE TABLE views.{g}_providers (
    provider    uuid   NOT NULL,
    evidence    bigint NOT NULL,
    corrections bigint NOT NULL,
    withdrawals bigint NOT NULL,
    unverified  bigint NOT NULL,
    unaligned   bigint NOT NULL,
    delay_s     bigint NOT NULL
);
