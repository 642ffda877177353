-- migrate:up

SET LOCAL lock_timeout = '5s';

-- One row per sender that is polled: who polls it, until when, and when it is polled again.
-- `cursors` holds, by form, from when on the platform is asked for what was modified.
CREATE TABLE polls (
    sender          text PRIMARY KEY,
    due_at          timestamptz NOT NULL DEFAULT now(),
    lease_until     timestamptz,
    lease_owner     uuid,
    cursors         json NOT NULL DEFAULT '{}',
    last_started_at timestamptz,
    last_success_at timestamptz,
    last_error      text,
    failures        integer NOT NULL DEFAULT 0,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
);

-- What became of each listed submission: `stored` until its status was set at the platform, which
-- then lists it no more; `failed` until it can be fetched. `entry_sha256` tells a changed one.
CREATE TABLE polled_submissions (
    sender         text NOT NULL,
    transaction_id text NOT NULL,
    entry_sha256   bytea NOT NULL,
    state          text NOT NULL CHECK (state IN ('stored', 'failed')),
    code           text,
    attempts       integer NOT NULL DEFAULT 0,
    due_at         timestamptz NOT NULL DEFAULT now(),
    seen_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sender, transaction_id)
);
CREATE INDEX polled_submissions_open ON polled_submissions (sender) WHERE code IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON polls TO lotse_receive;
GRANT SELECT, INSERT, UPDATE, DELETE ON polled_submissions TO lotse_receive;
GRANT SELECT ON polls, polled_submissions TO lotse_operator;
GRANT UPDATE (due_at) ON polls, polled_submissions TO lotse_operator;
GRANT DELETE ON polled_submissions TO lotse_operator;
GRANT SELECT, INSERT ON tasks TO lotse_receive;
GRANT UPDATE (closed_at) ON tasks TO lotse_receive;

-- migrate:down

REVOKE UPDATE (closed_at) ON tasks FROM lotse_receive;
REVOKE SELECT, INSERT ON tasks FROM lotse_receive;
DROP TABLE polled_submissions, polls;
