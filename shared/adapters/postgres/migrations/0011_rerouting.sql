-- migrate:up

SET LOCAL lock_timeout = '5s';

-- Who moves a case to another authority may cross tenants. This role may; it owns the one function
-- that does, and nobody logs in as it.
DO $$
BEGIN
    CREATE ROLE lotse_rerouting NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- A forwarding that was overtaken: its case went to another authority.
ALTER TABLE forwardings
    DROP CONSTRAINT forwardings_state_check,
    ADD CONSTRAINT forwardings_state_check CHECK (state IN (
        'planned', 'sending', 'accepted', 'rejected', 'given_up', 'superseded'));

-- A new round of a case, with its event, its record and its decision. False, and nothing is
-- changed, if the case is not any more what it was when the caller read it.
CREATE FUNCTION reroute_case(
    the_case uuid, the_version integer, new_round integer, new_tenant text, new_authority text,
    event_id uuid, event_data json, event_time timestamptz,
    directory_version bigint, decision json, entry bytea
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    people_decide CONSTANT boolean := new_authority = 'clearing-office';
    moved cases;
BEGIN
    UPDATE cases
       SET round = new_round, stage = 'routed', status = 'received', status_since = now(),
           tenant = new_tenant, authority = new_authority, organizational_unit = NULL,
           assignee = NULL, event_sequence = event_sequence + 1, version = version + 1,
           next_wake_at = CASE WHEN NOT people_decide THEN now() END, wake_attempts = 0
     WHERE id = the_case AND version = the_version AND round = new_round - 1
       AND stage <> 'received' AND status IN ('received', 'accepted', 'in_progress')
       AND authority <> new_authority
    RETURNING * INTO moved;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF people_decide AND new_tenant IS NOT NULL OR NOT people_decide AND NOT EXISTS (
        SELECT FROM authorities a JOIN tenants t ON t.id = a.tenant
         WHERE a.id = new_authority AND t.id = new_tenant AND t.document -> 'senders' ? moved.sender
    ) THEN
        RAISE EXCEPTION 'no tenant that takes applications from the sender has this authority'
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO events (id, case_id, sequence, type, round, data, time)
    VALUES (event_id, the_case, moved.event_sequence, 'de.antragslotse.case.routed.v1', new_round,
            event_data, event_time);
    INSERT INTO routings (case_id, round, directory_version, decision)
    VALUES (the_case, new_round, directory_version, decision);
    INSERT INTO case_log (case_id, entry) VALUES (the_case, entry);
    -- What the former authority's destinations have not got, they do not get.
    UPDATE forwardings
       SET state = 'superseded', lease_owner = NULL, lease_until = NULL
     WHERE case_id = the_case
       AND (state IN ('planned', 'sending')
            OR state IN ('rejected', 'given_up') AND waived_by IS NULL);
    UPDATE tasks
       SET closed_at = now()
     WHERE case_id = the_case AND closed_at IS NULL
       AND (kind = 'case_stalled'
            OR subject IN (SELECT id::text FROM forwardings WHERE case_id = the_case));
    RETURN true;
END
$$;

-- The roles that may change a case's authority may set it once.
CREATE FUNCTION refuse_to_move_case() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'a case gets another authority by reroute_case only'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER stay BEFORE UPDATE OF tenant, authority, round ON cases FOR EACH ROW
    WHEN (OLD.authority IS NOT NULL AND current_user <> 'lotse_rerouting'
          AND (OLD.tenant, OLD.authority, OLD.round)
              IS DISTINCT FROM (NEW.tenant, NEW.authority, NEW.round))
    EXECUTE FUNCTION refuse_to_move_case();

GRANT SELECT ON cases, case_log, authorities, tenants, forwardings, tasks TO lotse_rerouting;
GRANT UPDATE (round, stage, status, status_since, tenant, authority, organizational_unit, assignee,
              event_sequence, version, next_wake_at, wake_attempts)
    ON cases TO lotse_rerouting;
GRANT INSERT ON events, routings, case_log TO lotse_rerouting;
GRANT UPDATE (state, lease_owner, lease_until) ON forwardings TO lotse_rerouting;
GRANT UPDATE (closed_at) ON tasks TO lotse_rerouting;

DO $$
DECLARE
    case_table text;
BEGIN
    FOREACH case_table IN ARRAY ARRAY[
        'cases', 'events', 'routings', 'case_log', 'forwardings', 'tasks']
    LOOP
        EXECUTE format(
            'CREATE POLICY rerouting ON %I TO lotse_rerouting USING (true) WITH CHECK (true)',
            case_table);
    END LOOP;
END
$$;

REVOKE UPDATE (round) ON cases FROM lotse_operator;
REVOKE EXECUTE ON FUNCTION reroute_case FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reroute_case TO lotse_operator;

-- To give a function away one has to be a member of the role that gets it, which has to be allowed
-- to create one. Neither is to last: a member sees every case.
DO $$
BEGIN
    GRANT CREATE ON SCHEMA public TO lotse_rerouting;
    EXECUTE format('GRANT lotse_rerouting TO %I', current_user);
    ALTER FUNCTION reroute_case OWNER TO lotse_rerouting;
    EXECUTE format('REVOKE lotse_rerouting FROM %I', current_user);
    REVOKE CREATE ON SCHEMA public FROM lotse_rerouting;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the role lotse_rerouting is not ours: whoever created it has to '
        'GRANT lotse_rerouting TO % WITH ADMIN OPTION', current_user;
END
$$;

-- migrate:down

DROP TRIGGER stay ON cases;
DROP FUNCTION refuse_to_move_case, reroute_case;
DO $$
DECLARE
    case_table text;
BEGIN
    FOREACH case_table IN ARRAY ARRAY[
        'cases', 'events', 'routings', 'case_log', 'forwardings', 'tasks']
    LOOP
        EXECUTE format('DROP POLICY rerouting ON %I', case_table);
    END LOOP;
END
$$;
REVOKE ALL ON cases, events, routings, case_log, authorities, tenants, forwardings, tasks
    FROM lotse_rerouting;
GRANT UPDATE (round) ON cases TO lotse_operator;
-- What is in a state that is none any more has been overtaken: no round ever sends it.
UPDATE forwardings SET state = 'given_up' WHERE state = 'superseded';
ALTER TABLE forwardings
    DROP CONSTRAINT forwardings_state_check,
    ADD CONSTRAINT forwardings_state_check
        CHECK (state IN ('planned', 'sending', 'accepted', 'rejected', 'given_up'));
