-- migrate:up

SET LOCAL lock_timeout = '5s';

-- One database role per function; each may do only what its stage needs. They have no password
-- here: the operator sets one, or maps them otherwise. Roles belong to the whole server, so
-- another database may have created them already.
DO $$
DECLARE
    function_role text;
BEGIN
    FOREACH function_role IN ARRAY ARRAY[
        'lotse_receive', 'lotse_route', 'lotse_assign', 'lotse_forward', 'lotse_recover',
        'lotse_operator'
    ]
    LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', function_role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

CREATE TABLE cases (
    id                  uuid PRIMARY KEY,
    sequence_number     bigint GENERATED ALWAYS AS IDENTITY (START WITH 100000) UNIQUE,
    sender              text NOT NULL,
    transaction_id      text NOT NULL,
    form_id             text,
    form_name           text,
    leika_keys          text[] NOT NULL,
    region              text,
    named_unit          text,
    tenant              text,
    authority           text,
    organizational_unit text,
    assignee            text,
    stage               text NOT NULL CHECK (stage IN ('received', 'routed', 'assigned', 'forwarded')),
    status              text NOT NULL CHECK (status IN (
        'received', 'accepted', 'discarded', 'in_progress', 'decided', 'closed', 'marked_for_deletion')),
    status_since        timestamptz NOT NULL,
    received_at         timestamptz NOT NULL,
    round               integer NOT NULL,
    event_sequence      integer NOT NULL,
    version             integer NOT NULL,
    is_test             boolean NOT NULL,
    next_wake_at        timestamptz,
    wake_attempts       integer NOT NULL DEFAULT 0,
    UNIQUE (sender, transaction_id)
);
CREATE INDEX cases_due ON cases (next_wake_at) WHERE next_wake_at IS NOT NULL;
CREATE INDEX cases_open_per_assignee ON cases (assignee)
    WHERE assignee IS NOT NULL AND status IN ('received', 'accepted', 'in_progress');

-- What stays of a deleted case, so that a late retry cannot bring it back.
CREATE TABLE tombstones (
    case_id         uuid PRIMARY KEY,
    sender          text NOT NULL,
    transaction_id  text NOT NULL,
    sequence_number bigint NOT NULL,
    received_at     timestamptz NOT NULL,
    deleted_at      timestamptz NOT NULL DEFAULT now()
);

-- json and not jsonb where the order of members is the form's.
CREATE TABLE submissions (
    case_id             uuid PRIMARY KEY REFERENCES cases,
    control             json NOT NULL,
    fields              json NOT NULL,
    flags               text[] NOT NULL DEFAULT '{}',
    original            bytea,
    original_media_type text,
    fingerprint         bytea NOT NULL,
    fingerprint_version smallint NOT NULL
);
CREATE INDEX submissions_fingerprint ON submissions (fingerprint);

-- An upload attempt is a row before its first object is stored. The case's transaction consumes
-- it; the sweep expires it first and deletes the objects afterwards.
CREATE TABLE uploads (
    id         uuid PRIMARY KEY,
    sender     text NOT NULL,
    state      text NOT NULL CHECK (state IN ('open', 'consumed', 'expired')),
    case_id    uuid REFERENCES cases,
    created_at timestamptz NOT NULL DEFAULT now(),
    expired_at timestamptz
);
CREATE INDEX uploads_unfinished ON uploads (created_at) WHERE state <> 'consumed';

CREATE TABLE attachments (
    case_id             uuid NOT NULL REFERENCES cases,
    version             integer NOT NULL,
    position            integer NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('attachment', 'representation', 'original')),
    name                text NOT NULL,
    original_name       text,
    media_type          text,
    detected_media_type text,
    size                bigint NOT NULL,
    sha256              bytea NOT NULL,
    object_key          text NOT NULL,
    malware_verdict     text NOT NULL DEFAULT 'not_scanned',
    flags               text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (case_id, version, position)
);

CREATE TABLE events (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases,
    sequence    integer NOT NULL,
    type        text NOT NULL,
    round       integer NOT NULL,
    data        json NOT NULL,
    time        timestamptz NOT NULL,
    traceparent text,
    UNIQUE (case_id, sequence)
);

-- Append-only record of a case. The chain runs over the stored bytes; the writer holds the lock on
-- the case's row, so that there is one next entry.
CREATE TABLE case_log (
    case_id uuid NOT NULL REFERENCES cases,
    seq     integer NOT NULL,
    at      timestamptz NOT NULL,
    entry   bytea NOT NULL,
    hash    bytea NOT NULL,
    PRIMARY KEY (case_id, seq)
);

-- With a path of its own: a caller's temporary table must not pass for the record.
CREATE FUNCTION chain_case_log() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
AS $$
DECLARE
    last_seq  integer;
    last_hash bytea;
BEGIN
    SELECT seq, hash INTO last_seq, last_hash
      FROM case_log
     WHERE case_id = NEW.case_id
     ORDER BY seq DESC
     LIMIT 1;
    NEW.seq := coalesce(last_seq, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.hash := sha256(
        coalesce(last_hash, uuid_send(NEW.case_id))
        || int4send(NEW.seq)
        || convert_to(extract(epoch FROM NEW.at)::text, 'UTF8')
        || NEW.entry);
    RETURN NEW;
END
$$;
CREATE TRIGGER chain BEFORE INSERT ON case_log FOR EACH ROW EXECUTE FUNCTION chain_case_log();

-- What a person has to look at. `subject` tells tasks of one kind and case apart.
CREATE TABLE tasks (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind      text NOT NULL,
    case_id   uuid REFERENCES cases,
    subject   text NOT NULL DEFAULT '',
    reason    text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE UNIQUE INDEX tasks_open ON tasks (kind, case_id, subject) NULLS NOT DISTINCT
    WHERE closed_at IS NULL;

CREATE TABLE refusals (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    sender text,
    status smallint NOT NULL,
    code   text NOT NULL,
    size   bigint
);

-- Configuration, brought in from files as a whole; `document` is the validated entry.
CREATE TABLE tenants (
    id       text PRIMARY KEY,
    document jsonb NOT NULL
);
CREATE TABLE senders (
    id       text PRIMARY KEY,
    document jsonb NOT NULL
);
CREATE TABLE directories (
    tenant   text NOT NULL REFERENCES tenants ON DELETE CASCADE,
    id       text NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE TABLE assignment_rules (LIKE directories INCLUDING ALL,
    FOREIGN KEY (tenant) REFERENCES tenants ON DELETE CASCADE);
CREATE TABLE routing_rules (LIKE directories INCLUDING ALL,
    FOREIGN KEY (tenant) REFERENCES tenants ON DELETE CASCADE);
CREATE TABLE destinations (LIKE directories INCLUDING ALL,
    FOREIGN KEY (tenant) REFERENCES tenants ON DELETE CASCADE);

-- Rights: every stage advances cases, announces events and writes the record.
GRANT SELECT ON cases, submissions, attachments, events, case_log, tombstones, tenants
    TO lotse_receive, lotse_route, lotse_assign, lotse_forward, lotse_recover, lotse_operator;
GRANT INSERT ON events, case_log
    TO lotse_receive, lotse_route, lotse_assign, lotse_forward, lotse_operator;
GRANT INSERT ON tasks TO lotse_route, lotse_assign, lotse_forward, lotse_recover, lotse_operator;
GRANT SELECT ON tasks TO lotse_route, lotse_assign, lotse_forward, lotse_recover, lotse_operator;
GRANT UPDATE (closed_at, reason) ON tasks TO lotse_forward, lotse_recover, lotse_operator;

GRANT INSERT ON cases, submissions, attachments, refusals TO lotse_receive;
GRANT UPDATE (next_wake_at, version) ON cases TO lotse_receive;
GRANT SELECT, INSERT, UPDATE, DELETE ON uploads TO lotse_receive;
GRANT SELECT ON senders TO lotse_receive, lotse_route, lotse_operator;

GRANT UPDATE (stage, tenant, authority, organizational_unit, assignee, event_sequence, version,
              next_wake_at, wake_attempts)
    ON cases TO lotse_route, lotse_assign, lotse_forward, lotse_operator;
GRANT UPDATE (round, status, status_since) ON cases TO lotse_operator;
GRANT SELECT ON routing_rules TO lotse_route, lotse_operator;
GRANT SELECT ON directories, assignment_rules TO lotse_assign, lotse_operator;
GRANT SELECT ON destinations TO lotse_forward, lotse_operator;

GRANT UPDATE (next_wake_at, wake_attempts) ON cases TO lotse_recover;
GRANT SELECT, UPDATE, DELETE ON uploads TO lotse_recover;
GRANT SELECT ON uploads, refusals TO lotse_operator;
GRANT INSERT, UPDATE, DELETE
    ON tenants, senders, directories, assignment_rules, routing_rules, destinations
    TO lotse_operator;

-- Only the pipeline sees cases of every tenant; any other role sees none until a policy names it.
-- Forced, so that the owner of the tables is no exception.
DO $$
DECLARE
    case_table text;
BEGIN
    FOREACH case_table IN ARRAY ARRAY[
        'cases', 'submissions', 'uploads', 'attachments', 'events', 'case_log', 'tasks']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', case_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', case_table);
        EXECUTE format(
            'CREATE POLICY pipeline ON %I TO lotse_receive, lotse_route, lotse_assign, '
            'lotse_forward, lotse_recover, lotse_operator USING (true) WITH CHECK (true)',
            case_table);
    END LOOP;
END
$$;

-- migrate:down

DROP TABLE destinations, routing_rules, assignment_rules, directories, senders, tenants,
    refusals, tasks, case_log, events, attachments, uploads, submissions, tombstones, cases;
DROP FUNCTION chain_case_log;
