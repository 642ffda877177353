-- migrate:up

SET LOCAL lock_timeout = '5s';

-- What the broker could not deliver. Attributes only; `data` only of an event that is validly ours
-- (ids and codes). `case_id` is no reference: a dead letter may name a case that does not exist.
CREATE TABLE dead_letters (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source            text NOT NULL,
    event_id          text NOT NULL,
    type              text,
    case_id           uuid,
    round             integer,
    data              json,
    error_code        text,
    error_destination text,
    seen              integer NOT NULL DEFAULT 1,
    first_seen_at     timestamptz NOT NULL DEFAULT now(),
    last_seen_at      timestamptz NOT NULL DEFAULT now(),
    state             text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'redriven', 'closed')),
    reason            text,
    UNIQUE (source, event_id)
);
CREATE INDEX dead_letters_open ON dead_letters (case_id) WHERE state = 'open';

GRANT SELECT, INSERT ON dead_letters TO lotse_recover;
GRANT UPDATE (error_code, error_destination, seen, last_seen_at, state, reason)
    ON dead_letters TO lotse_recover;
GRANT SELECT ON dead_letters TO lotse_operator;
GRANT UPDATE (state, reason) ON dead_letters TO lotse_operator;

ALTER TABLE dead_letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_letters FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON dead_letters TO lotse_recover, lotse_operator
    USING (true) WITH CHECK (true);

-- migrate:down

DROP TABLE dead_letters;
