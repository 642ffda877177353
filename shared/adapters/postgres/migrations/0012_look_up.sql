-- migrate:up

SET LOCAL lock_timeout = '5s';

-- What route asks for each case. As functions, because a statement is planned anew each time it is
-- sent (nothing may outlive a transaction on a pooled connection), and planning these takes longer
-- than running them; a function keeps its plans. They are generic: the few services come first,
-- and each row is looked up by index, whatever the planner believes of a table just filled
-- (`since + 0`: not by the index on versions, which nearly every row fits).

-- A version (NULL: the active one), the municipalities that anything of a place fits, each as
-- [ars, ags, name, [former keys], lies under the postcode], whether any region of the key's state is
-- known, and the names of known services.
CREATE FUNCTION look_up_places(
    _version bigint, _key text, _name_key text, _postcode text, _keys text[], _day date
) RETURNS TABLE (
    id bigint, name text, municipalities json, state_is_listed boolean, services json
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH version AS MATERIALIZED (
        SELECT id, name
          FROM directory_versions
         WHERE id = _version OR (active AND _version IS NULL)
    ), candidates AS MATERIALIZED (
        SELECT ars FROM regions WHERE ars = _key
         UNION
        SELECT ars FROM regions WHERE ags = _key
         UNION
        SELECT ars FROM regions WHERE name_key = _name_key
         UNION
        SELECT ars FROM region_aliases WHERE former_key = _key
         UNION
        SELECT ars FROM postcodes WHERE postcode = _postcode
    )
    SELECT v.id, v.name,
           (SELECT json_agg(json_build_array(
                       r.ars, r.ags, r.name,
                       ARRAY(SELECT DISTINCT a.former_key
                               FROM region_aliases a
                              WHERE a.ars = c.ars
                                AND a.since <= v.id AND (a.until IS NULL OR a.until > v.id)
                              ORDER BY a.former_key),
                       EXISTS (SELECT
                                 FROM postcodes p
                                WHERE p.postcode = _postcode AND p.ars = c.ars
                                  AND p.since <= v.id AND (p.until IS NULL OR p.until > v.id))))
              FROM candidates c
             CROSS JOIN LATERAL (
                   SELECT r.ars, r.ags, r.name
                     FROM regions r
                    WHERE r.ars = c.ars
                      AND r.since <= v.id AND (r.until IS NULL OR r.until > v.id)
                      AND (r.valid_from IS NULL OR r.valid_from <= _day)
                      AND (r.valid_to IS NULL OR r.valid_to >= _day)
                    ORDER BY r.source
                    LIMIT 1) r),
           EXISTS (SELECT
                     FROM regions st
                    WHERE st.ars IN (left(_key, 2), _key)
                      AND st.since <= v.id AND (st.until IS NULL OR st.until > v.id)),
           (SELECT json_object_agg(s.leika_key, s.name ORDER BY s.source DESC, s.id DESC)
              FROM public_services s
             WHERE s.leika_key = ANY(_keys)
               AND s.since + 0 <= v.id AND (s.until IS NULL OR s.until > v.id))
      FROM version v;
END
$$;

-- What a sender's unit stands for (rows without leika_key), and who is responsible for exactly
-- these services in exactly these areas; without areas, the unit's own entries. A unit that an
-- authority declares, or that lies below one (at most `_steps` up), is that authority's; where only
-- the authority knows what the sender states, it stands for itself. A service without a key of its
-- own counts as the one that it specializes.
CREATE FUNCTION look_up_entries(
    _version bigint, _unit text, _services text[], _areas text[], _steps integer
) RETURNS TABLE (
    leika_key text, region text, role text, valid_from date, valid_to date,
    unit text, name text, authority text, tenant text
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE listed AS MATERIALIZED (
        SELECT DISTINCT u.id
          FROM organizational_units u
         WHERE (u.id = _unit OR u.plain_id = _unit)
           AND u.since + 0 <= _version AND (u.until IS NULL OR u.until > _version)
    ), declared AS MATERIALIZED (
        SELECT a.id, a.document -> 'units' AS units
          FROM authorities a
         WHERE a.document -> 'units' ? _unit
           AND NOT EXISTS (SELECT FROM listed l WHERE a.document -> 'units' ? l.id)
    ), named AS MATERIALIZED (
        SELECT id FROM listed
         UNION
        SELECT id FROM declared
    ), own AS MATERIALIZED (
        SELECT id FROM named
         UNION
        SELECT jsonb_array_elements_text(units) FROM declared
    ), keyed AS MATERIALIZED (
        SELECT s.id, s.leika_key, s.valid_from, s.valid_to
          FROM public_services s
         WHERE s.leika_key = ANY(_services)
           AND s.since + 0 <= _version AND (s.until IS NULL OR s.until > _version)
    ), services AS MATERIALIZED (
        SELECT id, leika_key, valid_from, valid_to FROM keyed
         UNION
        SELECT s.id, k.leika_key,
               greatest(k.valid_from, s.valid_from), least(k.valid_to, s.valid_to)
          FROM keyed k
         CROSS JOIN LATERAL (
               SELECT *
                 FROM public_services
                WHERE specializes = k.id AND leika_key IS NULL
                  AND since + 0 <= _version AND (until IS NULL OR until > _version)
               OFFSET 0) s
    ), entries AS MATERIALIZED (
        SELECT s.leika_key, r.region, r.unit, r.role,
               greatest(s.valid_from, r.valid_from) AS valid_from,
               least(s.valid_to, r.valid_to) AS valid_to
          FROM services s
         CROSS JOIN LATERAL (
               SELECT *
                 FROM responsibilities
                WHERE service = s.id AND region = ANY(_areas)
                  AND since + 0 <= _version AND (until IS NULL OR until > _version)
               OFFSET 0) r
         WHERE cardinality(_areas) > 0
         UNION ALL
        SELECT s.leika_key, min(r.region), r.unit, r.role,
               greatest(s.valid_from, r.valid_from), least(s.valid_to, r.valid_to)
          FROM services s
         CROSS JOIN own o
         CROSS JOIN LATERAL (
               SELECT *
                 FROM responsibilities
                WHERE unit = o.id AND service = s.id
                  AND since + 0 <= _version AND (until IS NULL OR until > _version)
               OFFSET 0) r
         WHERE cardinality(_areas) = 0
         GROUP BY 1, 3, 4, 5, 6
         UNION ALL
        SELECT NULL, NULL, id, NULL, NULL, NULL FROM named
    ), units AS MATERIALIZED (
        SELECT e.unit AS id, u.name, u.parent, u.valid_from, u.valid_to
          FROM (SELECT DISTINCT unit FROM entries) e
          LEFT JOIN LATERAL (
               SELECT *
                 FROM organizational_units
                WHERE id = e.unit
                  AND since + 0 <= _version AND (until IS NULL OR until > _version)
                ORDER BY parent IS NULL, source
                LIMIT 1) u ON true
    ), lines (unit, id, parent, steps) AS (
        SELECT id, id, parent, 0 FROM units
         UNION ALL
        SELECT l.unit, l.parent, p.parent, l.steps + 1
          FROM lines l
          LEFT JOIN LATERAL (
               SELECT parent
                 FROM organizational_units
                WHERE id = l.parent
                  AND since + 0 <= _version AND (until IS NULL OR until > _version)
                ORDER BY parent IS NULL, source
                LIMIT 1) p ON true
         WHERE l.parent IS NOT NULL AND l.steps < _steps
    ), bearers AS MATERIALIZED (
        SELECT l.unit, a.id, a.tenant, a.document ->> 'name' AS name,
               rank() OVER (PARTITION BY l.unit ORDER BY l.steps) AS nearness
          FROM lines l
          JOIN authorities a
            ON a.document -> 'units' ? l.id
            OR a.id = l.id AND l.steps = 0 AND a.id IN (SELECT d.id FROM declared d)
    )
    SELECT DISTINCT e.leika_key, e.region, e.role,
           greatest(e.valid_from, u.valid_from), least(e.valid_to, u.valid_to),
           u.id, coalesce(u.name, CASE WHEN b.id = u.id THEN b.name END, u.id), b.id, b.tenant
      FROM entries e
      JOIN units u ON u.id = e.unit
      LEFT JOIN bearers b ON b.unit = u.id AND b.nearness = 1;
END
$$;

REVOKE EXECUTE ON FUNCTION look_up_places, look_up_entries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION look_up_places, look_up_entries TO lotse_route, lotse_operator;

-- migrate:down

DROP FUNCTION look_up_places, look_up_entries;
