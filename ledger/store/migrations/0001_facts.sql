-- The log, what guards it, and the look-ups that appending needs.
-- Runs as the owner of the database. The application works as the role mastery_app.

CREATE SCHEMA ledger;

-- One row per fact, never changed. `state` is the sealed body (learner streams) or JSON.
-- `mac` authenticates the header columns and `state` under the master key.
CREATE TABLE ledger.facts (
    position           bigint      NOT NULL,
    originator_id      uuid        NOT NULL,
    originator_version bigint      NOT NULL,
    topic              text        NOT NULL,
    state              bytea       NOT NULL,
    fact_id            uuid        NOT NULL,
    provider           uuid,
    recorded_at        timestamptz NOT NULL,
    mac                bytea       NOT NULL,
    CONSTRAINT facts_pkey PRIMARY KEY (position),
    CONSTRAINT facts_stream_key UNIQUE (originator_id, originator_version),
    CONSTRAINT facts_position_check CHECK (position > 0)
);

-- Look-ups by time start from the first fact after it; recorded_at never falls as position grows.
CREATE INDEX facts_recorded_at_idx ON ledger.facts USING brin (recorded_at);

-- Which message became which evidence: (provider, external id) and version, both as keyed
-- hashes, since a provider's own ids may be personal. One row per accepted message.
CREATE TABLE ledger.receipts (
    message     bytea       NOT NULL,
    version     bytea       NOT NULL,
    digest      bytea       NOT NULL,
    evidence    uuid        NOT NULL,
    learner     uuid        NOT NULL,
    provider    uuid        NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT receipts_pkey PRIMARY KEY (message, version)
);
CREATE INDEX receipts_evidence_idx ON ledger.receipts (evidence);

-- A provider's name for a learner, as a keyed hash, to the ledger's learner id.
CREATE TABLE ledger.identifiers (
    identifier bytea NOT NULL,
    learner    uuid  NOT NULL,
    CONSTRAINT identifiers_pkey PRIMARY KEY (identifier)
);

-- Data keys, wrapped by the master key. Deleting a row erases what it sealed, for ever.
CREATE TABLE ledger.data_keys (
    owner   uuid  NOT NULL,
    wrapped bytea NOT NULL,
    CONSTRAINT data_keys_pkey PRIMARY KEY (owner)
);

-- Foreign documents byte for byte: compressed, then sealed. The address is a keyed hash of the
-- bytes and their owner.
CREATE TABLE ledger.documents (
    address    bytea NOT NULL,
    owner      uuid  NOT NULL,
    media_type text  NOT NULL,
    sealed     bytea NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (address)
);

-- What was refused, with its reason and (sealed) the original, so that nothing is lost.
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

-- Statistics of a table that only grows go stale between two batches; these keep plans on
-- indexes from the first thousand rows on.
ALTER TABLE ledger.facts SET (autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.01);
ALTER TABLE ledger.receipts SET (autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.01);

DO $$
BEGIN
    CREATE ROLE mastery_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

CREATE SCHEMA views AUTHORIZATION CURRENT_USER;
GRANT USAGE ON SCHEMA ledger TO mastery_app;
GRANT USAGE, CREATE ON SCHEMA views TO mastery_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ledger TO mastery_app;
GRANT UPDATE ON ledger.tokens TO mastery_app;
GRANT DELETE ON ledger.data_keys TO mastery_app;
GRANT mastery_app TO CURRENT_USER;
