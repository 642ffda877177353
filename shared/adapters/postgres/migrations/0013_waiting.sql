-- migrate:up

SET LOCAL lock_timeout = '5s';

-- What waits at the clearing office, the longest first.
CREATE INDEX cases_waiting ON cases (status_since, sequence_number)
    WHERE authority = 'clearing-office' AND status IN ('received', 'accepted', 'in_progress');

-- migrate:down

DROP INDEX cases_waiting;
