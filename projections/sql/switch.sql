-- Point the names that readers use at one generation; in the transaction that makes it live.

CREATE OR REPLACE VIEW views.observations AS SELECT * FROM views.{g}_observations;
CREATE OR REPLACE VIEW views.mastery AS SELECT * FROM views.{g}_mastery;
CREATE OR REPLACE VIEW views.learners AS SELECT * FROM views.{g}_learners;
CREATE OR REPLACE VIEW views.providers AS SELECT * FROM views.{g}_providers;
