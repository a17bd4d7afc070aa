-- Remove the names that readers use, where a new shape of the tables needs other columns.

DROP VIEW IF EXISTS views.observations, views.mastery, views.learners, views.providers;
