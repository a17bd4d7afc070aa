-- Keys of one generation's tables, made after a rebuild has filled them.

ALTER TABLE views.{g}_observations
    ADD CONSTRAINT {g}_observations_pkey PRIMARY KEY (evidence, position, competency, learner);
CREATE INDEX {g}_observations_learner_idx ON views.{g}_observations (learner, competency);
ALTER TABLE views.{g}_mastery
    ADD CONSTRAINT {g}_mastery_pkey PRIMARY KEY (learner, competency);
CREATE INDEX {g}_mastery_due_idx ON views.{g}_mastery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX {g}_mastery_competency_idx ON views.{g}_mastery (competency, state);
ALTER TABLE views.{g}_learners ADD CONSTRAINT {g}_learners_pkey PRIMARY KEY (learner);
ALTER TABLE views.{g}_providers ADD CONSTRAINT {g}_providers_pkey PRIMARY KEY (provider);
