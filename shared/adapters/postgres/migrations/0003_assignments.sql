-- migrate:up

SET LOCAL lock_timeout = '5s';

-- Why a case lies with whom it lies, once per round.
CREATE TABLE assignments (
    case_id    uuid NOT NULL REFERENCES cases,
    round      integer NOT NULL,
    decision   json NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (case_id, round)
);

GRANT SELECT, INSERT ON assignments TO lotse_assign, lotse_operator;

ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON assignments TO lotse_assign, lotse_operator
    USING (true) WITH CHECK (true);

-- migrate:down

DROP TABLE assignments;
