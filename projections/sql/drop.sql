-- Remove one generation's tables.

DROP TABLE IF EXISTS views.{g}_observations, views.{g}_mastery, views.{g}_learners, views.{g}_providers;
