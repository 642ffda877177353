-- migrate:up

SET LOCAL lock_timeout = '5s';

-- What a refused delivery was: its id, if it was read before, and the hash of its bytes; never the
-- bytes. `sha256` is null if the body was not read to its end.
ALTER TABLE refusals
    ADD COLUMN transaction_id text,
    ADD COLUMN sha256 bytea;
CREATE INDEX refusals_transaction ON refusals (sender, transaction_id, id)
    WHERE transaction_id IS NOT NULL;

-- What the sender gets a receipt for: the part as it was sent. What is stored of it may have been
-- relieved of secrets; only then do the columns of `attachments` hold anything. Cases from before
-- this have none: hashing all originals here would keep the intake waiting.
ALTER TABLE submissions
    ADD COLUMN sent_size bigint,
    ADD COLUMN sent_sha256 bytea;
ALTER TABLE attachments
    ADD COLUMN sent_size bigint,
    ADD COLUMN sent_sha256 bytea;

GRANT SELECT (sent_size, sent_sha256) ON submissions TO lotse_receive;
GRANT SELECT ON refusals TO lotse_receive;

-- migrate:down

REVOKE SELECT ON refusals FROM lotse_receive;
ALTER TABLE attachments DROP COLUMN sent_size, DROP COLUMN sent_sha256;
ALTER TABLE submissions DROP COLUMN sent_size, DROP COLUMN sent_sha256;
DROP INDEX refusals_transaction;
ALTER TABLE refusals DROP COLUMN transaction_id, DROP COLUMN sha256;
