-- migrate:up

SET LOCAL lock_timeout = '5s';

-- What was delivered is read by those who check a repeat or pass it on, and by nobody else.
REVOKE SELECT ON submissions, attachments FROM lotse_route, lotse_assign, lotse_recover;
REVOKE SELECT ON submissions FROM lotse_receive;
GRANT SELECT (case_id, fingerprint, fingerprint_version) ON submissions TO lotse_receive;

-- A function that hangs, or that was cut off from the network, must not hold rows for long. In the
-- roles and not in the code, because it has to work behind a pooler, too.
DO $$
DECLARE
    function_role text;
BEGIN
    FOREACH function_role IN ARRAY ARRAY[
        'lotse_receive', 'lotse_route', 'lotse_assign', 'lotse_forward', 'lotse_recover']
    LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = ''20s''',
            function_role, current_database());
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET lock_timeout = ''5s''',
            function_role, current_database());
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET idle_in_transaction_session_timeout = ''60s''',
            function_role, current_database());
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'the functions'' roles are not ours: set their timeouts as this migration does';
END
$$;

-- migrate:down

DO $$
DECLARE
    function_role text;
BEGIN
    FOREACH function_role IN ARRAY ARRAY[
        'lotse_receive', 'lotse_route', 'lotse_assign', 'lotse_forward', 'lotse_recover']
    LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', function_role, current_database());
    END LOOP;
END
$$;

REVOKE SELECT (case_id, fingerprint, fingerprint_version) ON submissions FROM lotse_receive;
GRANT SELECT ON submissions, attachments
    TO lotse_receive, lotse_route, lotse_assign, lotse_recover;
