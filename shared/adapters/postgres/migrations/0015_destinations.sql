-- migrate:up

SET LOCAL lock_timeout = '5s';

-- `sent`: the destination has it, and says later whether it accepts it; `due_at` is when it is asked.
-- `reason` is what the destination wrote: for those who may see the case, in no log or event.
-- `held_by` says what a planned one waits for beside its time.
ALTER TABLE forwardings
    DROP CONSTRAINT forwardings_state_check,
    ADD CONSTRAINT forwardings_state_check CHECK (state IN (
        'planned', 'sending', 'sent', 'accepted', 'rejected', 'given_up', 'superseded')),
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN code text,
    ADD COLUMN reason text CHECK (length(reason) <= 500),
    ADD COLUMN held_by text CHECK (held_by IN ('pause', 'breaker', 'limit'));
DROP INDEX forwardings_open;
CREATE INDEX forwardings_open ON forwardings (due_at) WHERE state IN ('planned', 'sending', 'sent');
-- Who is at a destination now, and who stands in line for it.
CREATE INDEX forwardings_sending ON forwardings (tenant, destination) WHERE state = 'sending';
CREATE INDEX forwardings_in_line ON forwardings (tenant, destination, due_at)
    WHERE state = 'planned' AND held_by IN ('limit', 'breaker');

ALTER TABLE forwarding_attempts
    DROP CONSTRAINT forwarding_attempts_outcome_check,
    ADD CONSTRAINT forwarding_attempts_outcome_check CHECK (outcome IN (
        'accepted', 'sent', 'refused', 'failed', 'superseded', 'held')),
    ADD COLUMN external_id text,
    -- It was not sent again, but asked after.
    ADD COLUMN asked boolean NOT NULL DEFAULT false;

-- The steps of a hand-over that are done: what is resumed begins after them.
CREATE TABLE forwarding_steps (
    forwarding_id uuid NOT NULL REFERENCES forwardings,
    step          text NOT NULL CHECK (length(step) <= 100),
    attempt       integer NOT NULL,
    done_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (forwarding_id, step)
);

-- What a destination said later of what it was sent. It may come before the answer to the sending,
-- and more than once: `receipt_id` is the destination's own.
CREATE TABLE forwarding_receipts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    forwarding_id uuid NOT NULL REFERENCES forwardings,
    receipt_id    text NOT NULL CHECK (length(receipt_id) <= 200),
    accepted      boolean NOT NULL,
    external_id   text CHECK (length(external_id) <= 200),
    reason        text CHECK (length(reason) <= 500),
    received_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_at    timestamptz,
    UNIQUE (forwarding_id, receipt_id)
);
CREATE INDEX forwarding_receipts_new ON forwarding_receipts (forwarding_id)
    WHERE applied_at IS NULL;

-- How it goes at a destination: failures in a row, until when it is left alone for them, and which
-- share of its last answers were failures. A person may pause it.
CREATE TABLE destination_standings (
    tenant       text NOT NULL,
    destination  text NOT NULL,
    paused_at    timestamptz,
    paused_by    json,
    pause_reason text,
    failures     integer NOT NULL DEFAULT 0,
    open_until   timestamptz,
    failure_rate double precision NOT NULL DEFAULT 0,
    answers      bigint NOT NULL DEFAULT 0,
    answered_at  timestamptz,
    failed_at    timestamptz,
    code         text,
    PRIMARY KEY (tenant, destination),
    CHECK ((paused_at IS NULL) = (paused_by IS NULL))
);

ALTER TABLE tasks
    ADD COLUMN owner text,
    ADD COLUMN due_at timestamptz;

GRANT SELECT, INSERT, DELETE ON forwarding_steps TO lotse_forward;
GRANT SELECT, UPDATE (applied_at) ON forwarding_receipts TO lotse_forward;
GRANT SELECT, INSERT, UPDATE ON destination_standings TO lotse_forward;

GRANT SELECT, INSERT ON forwarding_receipts TO lotse_receive;
GRANT SELECT (id, case_id, tenant, destination, message_id) ON forwardings TO lotse_receive;
GRANT SELECT ON destinations TO lotse_receive;

GRANT SELECT ON forwarding_steps, forwarding_receipts, destination_standings TO lotse_operator;
GRANT INSERT, UPDATE (paused_at, paused_by, pause_reason, failures, open_until) ON destination_standings
    TO lotse_operator;
GRANT UPDATE (sent_at, code, reason, held_by) ON forwardings TO lotse_operator;
GRANT UPDATE (owner, due_at) ON tasks TO lotse_operator;

DO $$
DECLARE
    a_table text;
BEGIN
    FOREACH a_table IN ARRAY ARRAY['forwarding_steps', 'forwarding_receipts']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', a_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', a_table);
        EXECUTE format(
            'CREATE POLICY pipeline ON %I TO lotse_forward, lotse_operator '
            'USING (true) WITH CHECK (true)', a_table);
    END LOOP;
END
$$;
CREATE POLICY receiving ON forwarding_receipts TO lotse_receive USING (true) WITH CHECK (true);
CREATE POLICY receiving ON forwardings FOR SELECT TO lotse_receive USING (true);

-- migrate:down

DROP POLICY receiving ON forwardings;
REVOKE UPDATE (owner, due_at) ON tasks FROM lotse_operator;
REVOKE UPDATE (sent_at, code, reason, held_by) ON forwardings FROM lotse_operator;
REVOKE SELECT ON destinations FROM lotse_receive;
REVOKE SELECT (id, case_id, tenant, destination, message_id) ON forwardings FROM lotse_receive;
ALTER TABLE tasks DROP COLUMN owner, DROP COLUMN due_at;
DROP TABLE destination_standings, forwarding_receipts, forwarding_steps;
UPDATE forwarding_attempts SET outcome = 'accepted' WHERE outcome = 'sent';
ALTER TABLE forwarding_attempts
    DROP COLUMN asked,
    DROP COLUMN external_id,
    DROP CONSTRAINT forwarding_attempts_outcome_check,
    ADD CONSTRAINT forwarding_attempts_outcome_check CHECK (outcome IN (
        'accepted', 'refused', 'failed', 'superseded', 'held'));
UPDATE forwardings SET state = 'accepted' WHERE state = 'sent';
DROP INDEX forwardings_sending, forwardings_in_line, forwardings_open;
CREATE INDEX forwardings_open ON forwardings (due_at) WHERE state IN ('planned', 'sending');
ALTER TABLE forwardings
    DROP COLUMN held_by,
    DROP COLUMN reason,
    DROP COLUMN code,
    DROP COLUMN sent_at,
    DROP CONSTRAINT forwardings_state_check,
    ADD CONSTRAINT forwardings_state_check CHECK (state IN (
        'planned', 'sending', 'accepted', 'rejected', 'given_up', 'superseded'));
