-- Give a generation of an earlier shape what it lacks to be compared with: it rests on nothing known.

ALTER TABLE views.{g}_mastery
    ADD COLUMN IF NOT EXISTS floors     text[] NOT NULL DEFAULT '{{}}',
    ADD COLUMN IF NOT EXISTS crosswalks text[] NOT NULL DEFAULT '{{}}';
