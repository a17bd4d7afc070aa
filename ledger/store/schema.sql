-- The whole schema as it stands after every migration: for reading, never applied by the program.
-- tests/integration/test_store_migrations.py compares it with what the migrations make.

CREATE SCHEMA ledger;
CREATE SCHEMA views AUTHORIZATION CURRENT_USER;

-- The log: one row per fact, never changed.
CREATE TABLE ledger.facts (
    position           bigint      NOT NULL,  -- 1, 2, 3, ... without gaps, in commit order
    originator_id      uuid        NOT NULL,  -- the stream
    originator_version bigint      NOT NULL,  -- 1, 2, 3, ... within the stream
    topic              text        NOT NULL,
    state              bytea       NOT NULL,  -- sealed (learner streams), or JSON
    fact_id            uuid        NOT NULL,
    provider           uuid,
    recorded_at        timestamptz NOT NULL,  -- never falls as position grows
    mac                bytea       NOT NULL,  -- authenticates all of the above under the master key
    CONSTRAINT facts_pkey PRIMARY KEY (position),
    CONSTRAINT facts_stream_key UNIQUE (originator_id, originator_version),
    CONSTRAINT facts_position_check CHECK (position > 0)
) WITH (autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.01);
CREATE INDEX facts_recorded_at_idx ON ledger.facts USING brin (recorded_at);
-- Facts that are not about learners are stored in clear, and read whole whenever one starts.
CREATE INDEX facts_in_clear_idx ON ledger.facts (position) WHERE substring(state, 1, 1) <> '\x01'::bytea;
-- What is on record of a learner besides evidence is little, and read with any part of the evidence.
CREATE INDEX facts_not_evidence_idx ON ledger.facts (originator_id) WHERE topic <> 'mastery.evidence-recorded.v1';

-- Accepted messages: (provider, external id) and version as keyed hashes, and where they went.
CREATE TABLE ledger.receipts (
    message     bytea       NOT NULL,
    version     bytea       NOT NULL,
    digest      bytea       NOT NULL,  -- of what was received, hidden under the master key
    evidence    uuid        NOT NULL,
    learner     uuid        NOT NULL,
    provider    uuid        NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT receipts_pkey PRIMARY KEY (message, version)
) WITH (autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.01);
CREATE INDEX receipts_evidence_idx ON ledger.receipts (evidence);

-- A provider's name for a learner, as a keyed hash, to the ledger's learner id.
CREATE TABLE ledger.identifiers (
    identifier bytea NOT NULL,
    learner    uuid  NOT NULL,
    CONSTRAINT identifiers_pkey PRIMARY KEY (identifier)
);

-- Kinds of name that a learner holds one of (a state's number, a provider's own id), as a keyed hash
-- of learner and kind, to a keyed hash of the value: a weaker name then merges no two people.
CREATE TABLE ledger.holdings (
    kind bytea NOT NULL,
    mark bytea NOT NULL,
    CONSTRAINT holdings_pkey PRIMARY KEY (kind)
);

-- Data keys, wrapped by the master key. Deleting a row erases what it sealed, for ever.
CREATE TABLE ledger.data_keys (
    owner   uuid  NOT NULL,
    wrapped bytea NOT NULL,
    CONSTRAINT data_keys_pkey PRIMARY KEY (owner)
);

-- Foreign documents byte for byte: compressed, then sealed.
CREATE TABLE ledger.documents (
    address    bytea NOT NULL,  -- keyed hash of owner and content
    owner      uuid  NOT NULL,
    media_type text  NOT NULL,
    sealed     bytea NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (address)
);

-- What was refused: its reason and its original, sealed.
CREATE TABLE ledger.rejects (
    reject      uuid        NOT NULL,
    provider    uuid        NOT NULL,
    received_at timestamptz NOT NULL,
    sealed      bytea       NOT NULL,
    CONSTRAINT rejects_pkey PRIMARY KEY (reject)
);
CREATE INDEX rejects_provider_idx ON ledger.rejects (provider, received_at);

-- Tokens, hashed; the token itself is shown once and never stored.
CREATE TABLE ledger.tokens (
    token_hash bytea       NOT NULL,
    role       text        NOT NULL,
    provider   uuid,
    label      text        NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT tokens_pkey PRIMARY KEY (token_hash)
);

-- Where changes are sent by webhook, and what could not be delivered: state, not facts.
CREATE TABLE ledger.webhooks (
    webhook      uuid        NOT NULL,
    url          text        NOT NULL,
    label        text        NOT NULL,
    secret       bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    position     bigint      NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0,
    dead_in_row  integer     NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL,
    last_error   text,
    stopped_at   timestamptz,
    CONSTRAINT webhooks_pkey PRIMARY KEY (webhook)
);

CREATE TABLE ledger.webhook_dead_letters (
    webhook   uuid        NOT NULL,
    sequence  bigint      NOT NULL,
    change    uuid        NOT NULL,
    failed_at timestamptz NOT NULL,
    attempts  integer     NOT NULL,
    error     text        NOT NULL,
    CONSTRAINT webhook_dead_letters_pkey PRIMARY KEY (webhook, sequence),
    CONSTRAINT webhook_dead_letters_webhook_fkey
        FOREIGN KEY (webhook) REFERENCES ledger.webhooks (webhook) ON DELETE CASCADE
);

-- Facts and receipts are final, for their owner too.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% holds facts: % is refused, append a correction instead',
        TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER facts_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.facts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER receipts_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.receipts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- The service works as mastery_app (made once per server): it adds and reads, no more.
GRANT USAGE ON SCHEMA ledger TO mastery_app;
GRANT USAGE, CREATE ON SCHEMA views TO mastery_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ledger TO mastery_app;
GRANT UPDATE ON ledger.tokens TO mastery_app;
GRANT DELETE ON ledger.data_keys, ledger.identifiers, ledger.holdings TO mastery_app;
GRANT UPDATE, DELETE ON ledger.webhooks, ledger.webhook_dead_letters TO mastery_app;
