-- Kinds of name that a learner holds one of (a state's number, a provider's own id), as a keyed hash
-- of learner and kind, to a keyed hash of the value: a weaker name then merges no two people.
CREATE TABLE ledger.holdings (
    kind bytea NOT NULL,
    mark bytea NOT NULL,
    CONSTRAINT holdings_pkey PRIMARY KEY (kind)
);
GRANT SELECT, INSERT ON ledger.holdings TO mastery_app;
