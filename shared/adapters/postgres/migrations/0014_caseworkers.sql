-- migrate:up

SET LOCAL lock_timeout = '5s';

-- Who a case lies with may change within a round; each time it is said why.
ALTER TABLE assignments
    ADD COLUMN step integer NOT NULL DEFAULT 1,
    -- A digest that tells cases of the same applicant at one authority, where a rule asks for it.
    ADD COLUMN applicant bytea,
    DROP CONSTRAINT assignments_pkey,
    ADD PRIMARY KEY (case_id, round, step);
CREATE INDEX assignments_applicant ON assignments (applicant) WHERE applicant IS NOT NULL;

-- Round robin: after whom the next one comes.
CREATE TABLE assignment_turns (
    tenant  text NOT NULL,
    rule    text NOT NULL,
    account text NOT NULL,
    PRIMARY KEY (tenant, rule)
);

-- The last good answer of a directory to each question. `declared` is a digest of the directory's
-- entry: an answer that was given under another one counts no more.
CREATE TABLE directory_answers (
    tenant      text NOT NULL,
    directory   text NOT NULL,
    kind        text NOT NULL,
    dn          text NOT NULL,
    declared    bytea NOT NULL,
    members     json,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, directory, kind, dn)
);

-- What was told to us about an account, beside what its directory says.
CREATE TABLE capacities (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant   text NOT NULL,
    account  text NOT NULL,
    -- Of an account the latest counts; without a value the directory's does again.
    capacity integer CHECK (capacity >= 0),
    set_by   json NOT NULL,
    set_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX capacities_of_account ON capacities (tenant, account, id DESC);
CREATE TABLE absences (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text NOT NULL,
    account    text NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz CHECK (ends_at > starts_at),
    deputy     text CHECK (deputy <> account),
    hands_over boolean NOT NULL,
    set_by     json NOT NULL,
    set_at     timestamptz NOT NULL DEFAULT now(),
    -- Taken back, which is not the same as over.
    revoked_by json,
    revoked_at timestamptz
);
CREATE INDEX absences_of_account ON absences (tenant, account) WHERE revoked_at IS NULL;

-- The holder lets somebody else have the case; of no effect once another holds it.
CREATE TABLE consents (
    case_id  uuid PRIMARY KEY REFERENCES cases,
    round    integer NOT NULL,
    holder   text NOT NULL,
    given_to text,
    given_at timestamptz NOT NULL DEFAULT now()
);

-- When a directory was asked last whether whoever holds cases is still there.
CREATE TABLE directory_checks (
    tenant     text NOT NULL,
    directory  text NOT NULL,
    due_at     timestamptz NOT NULL,
    checked_at timestamptz,
    failure    text,
    PRIMARY KEY (tenant, directory)
);

-- Mail that has to be sent: to an account, to a unit of the directory, or to a tray. While somebody
-- is at it, it is due when that lease ends.
CREATE TABLE notices (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text NOT NULL,
    authority  text NOT NULL,
    case_id    uuid NOT NULL REFERENCES cases,
    round      integer NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('account', 'unit', 'team_tray', 'post_room')),
    recipient  text,
    state      text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'dropped', 'given_up')),
    -- The mail that it goes with. It stays unless that mail is known not to have been taken.
    batch      uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL DEFAULT now(),
    attempts   integer NOT NULL DEFAULT 0,
    ended_at   timestamptz,
    failure    text
);
CREATE INDEX notices_due ON notices (tenant, authority, kind, recipient) WHERE state = 'due';
CREATE INDEX notices_given_up ON notices (authority) WHERE state = 'given_up';
CREATE INDEX notices_ended ON notices (ended_at) WHERE state <> 'due';
CREATE INDEX notices_of_case ON notices (case_id);

-- Whose the open cases are, per authority: what is asked of the directories from time to time.
CREATE INDEX cases_held ON cases (authority, assignee)
    WHERE assignee IS NOT NULL AND status IN ('received', 'accepted', 'in_progress');

GRANT SELECT, INSERT, UPDATE ON assignment_turns, directory_answers, directory_checks, notices
    TO lotse_assign;
GRANT DELETE ON notices, directory_answers TO lotse_assign;
GRANT SELECT ON capacities, absences TO lotse_assign;
GRANT SELECT, DELETE ON consents TO lotse_assign;
GRANT SELECT ON authorities, routings TO lotse_assign;
GRANT UPDATE (closed_at) ON tasks TO lotse_assign;
-- A rule may ask what the applicant filled in, and who the applicant is.
GRANT SELECT (case_id, control, fields) ON submissions TO lotse_assign;
-- And where route has located the place that it is about.
CREATE POLICY assigning ON routings FOR SELECT TO lotse_assign USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON consents TO lotse_operator;
GRANT SELECT, INSERT ON absences, capacities TO lotse_operator;
GRANT UPDATE (revoked_by, revoked_at) ON absences TO lotse_operator;
GRANT SELECT ON assignment_turns, directory_answers, directory_checks TO lotse_operator;
GRANT UPDATE (due_at) ON directory_checks TO lotse_operator;
GRANT SELECT, INSERT ON notices TO lotse_operator;
GRANT UPDATE (state, due_at, attempts) ON notices TO lotse_operator;

DO $$
DECLARE
    a_table text;
BEGIN
    FOREACH a_table IN ARRAY ARRAY['capacities', 'absences', 'consents', 'notices',
                                   'directory_answers']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', a_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', a_table);
        EXECUTE format(
            'CREATE POLICY pipeline ON %I TO lotse_assign, lotse_operator '
            'USING (true) WITH CHECK (true)', a_table);
    END LOOP;
END
$$;

-- migrate:down

DROP POLICY assigning ON routings;
REVOKE SELECT (case_id, control, fields) ON submissions FROM lotse_assign;
REVOKE UPDATE (closed_at) ON tasks FROM lotse_assign;
REVOKE SELECT ON authorities, routings FROM lotse_assign;
DROP INDEX cases_held;
DROP TABLE notices, directory_checks, consents, absences, capacities, directory_answers,
    assignment_turns;
DELETE FROM assignments WHERE step > 1;
ALTER TABLE assignments
    DROP CONSTRAINT assignments_pkey,
    DROP COLUMN step,
    DROP COLUMN applicant,
    ADD PRIMARY KEY (case_id, round);
