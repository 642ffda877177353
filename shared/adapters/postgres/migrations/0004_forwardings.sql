-- migrate:up

SET LOCAL lock_timeout = '5s';

-- One row per case, round, destination and occasion (the event that made it due). `destination` is
-- no reference: what was sent stays on the record when the configuration changes.
CREATE TABLE forwardings (
    id             uuid PRIMARY KEY,
    case_id        uuid NOT NULL REFERENCES cases,
    round          integer NOT NULL,
    tenant         text NOT NULL,
    destination    text NOT NULL,
    authority      text NOT NULL,
    occasion       uuid NOT NULL REFERENCES events,
    occasion_type  text NOT NULL,
    occasion_at    timestamptz NOT NULL,
    state          text NOT NULL DEFAULT 'planned'
                   CHECK (state IN ('planned', 'sending', 'accepted', 'rejected', 'given_up')),
    window_from    timestamptz NOT NULL DEFAULT now(),
    due_at         timestamptz NOT NULL DEFAULT now(),
    lease_until    timestamptz,
    lease_owner    uuid,
    attempts       integer NOT NULL DEFAULT 0,
    message_id     uuid NOT NULL UNIQUE,
    message_key    text NOT NULL,
    message_sha256 bytea,
    external_id    text,
    receipt        json,
    waived_by      text,
    UNIQUE (case_id, round, destination, occasion),
    CHECK ((state = 'sending') = (lease_owner IS NOT NULL)),
    CHECK ((state = 'sending') = (lease_until IS NOT NULL))
);
CREATE INDEX forwardings_open ON forwardings (due_at) WHERE state IN ('planned', 'sending');
CREATE INDEX forwardings_failed ON forwardings (tenant, destination)
    WHERE state IN ('rejected', 'given_up') AND waived_by IS NULL;

-- `code` says why, in one word; never what the other side wrote.
CREATE TABLE forwarding_attempts (
    forwarding_id uuid NOT NULL REFERENCES forwardings,
    number        integer NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    outcome       text CHECK (outcome IN ('accepted', 'refused', 'failed', 'superseded')),
    status        smallint,
    code          text,
    PRIMARY KEY (forwarding_id, number),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);

GRANT SELECT, INSERT, UPDATE ON forwardings, forwarding_attempts TO lotse_forward;
GRANT SELECT ON forwardings, forwarding_attempts TO lotse_recover, lotse_operator;
GRANT UPDATE (state, window_from, due_at, waived_by) ON forwardings TO lotse_operator;

DO $$
DECLARE
    case_table text;
BEGIN
    FOREACH case_table IN ARRAY ARRAY['forwardings', 'forwarding_attempts']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', case_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', case_table);
        EXECUTE format(
            'CREATE POLICY pipeline ON %I TO lotse_forward, lotse_recover, lotse_operator '
            'USING (true) WITH CHECK (true)',
            case_table);
    END LOOP;
END
$$;

-- migrate:down

DROP TABLE forwarding_attempts, forwardings;
