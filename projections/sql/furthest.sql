-- The position and clock that the furthest partition of a generation has reached; no row where no
-- worker kept it.
SELECT max(position), max(clock) FROM views.work
 WHERE generation = %(generation)s HAVING count(*) > 0;
