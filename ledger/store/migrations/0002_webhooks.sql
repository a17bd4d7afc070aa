-- Where changes are sent by webhook, and what could not be delivered. State, not facts: how far
-- each subscriber is may be set back at any time.

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

GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.webhooks, ledger.webhook_dead_letters TO mastery_app;
