-- migrate:up

SET LOCAL lock_timeout = '5s';

-- Each row says from which version on it counts (`since`) and from which it does not any more
-- (`until`). A version is based on the one before, so an import stores only what it changed, and
-- every version can still be asked. `source` is the feed or table a row comes from: an import
-- changes the rows of its own source only.
ALTER TABLE responsibilities RENAME TO old_responsibilities;
ALTER TABLE public_services RENAME TO old_public_services;
ALTER TABLE authorities RENAME TO old_authorities;
ALTER INDEX responsibilities_authority RENAME TO old_responsibilities_authority;

ALTER TABLE directory_versions
    ADD COLUMN source text NOT NULL DEFAULT 'demo',
    ADD COLUMN activated_at timestamptz,
    ADD COLUMN counts json,
    DROP COLUMN digest;
ALTER TABLE directory_versions ALTER COLUMN source DROP DEFAULT;
-- Loading and activating was one until now.
UPDATE directory_versions SET activated_at = loaded_at;

-- Organisationseinheiten. `plain_id` is the id's text alone: what senders state.
CREATE TABLE organizational_units (
    source     text NOT NULL,
    id         text NOT NULL,
    plain_id   text NOT NULL,
    name       text NOT NULL,
    parent     text,
    kind       text,
    contact    jsonb,
    valid_from date,
    valid_to   date,
    since      bigint NOT NULL REFERENCES directory_versions,
    until      bigint REFERENCES directory_versions
);

-- Leistungen, a row for each key of each. `leika_key` is as stated; only a well-formed one is ever
-- asked for.
CREATE TABLE public_services (
    source      text NOT NULL,
    id          text NOT NULL,
    leika_key   text,
    name        text NOT NULL,
    specializes text,
    valid_from  date,
    valid_to    date,
    since       bigint NOT NULL REFERENCES directory_versions,
    until       bigint REFERENCES directory_versions
);

CREATE TABLE online_services (
    source          text NOT NULL,
    id              text NOT NULL,
    name            text NOT NULL,
    urls            text[] NOT NULL,
    assurance_level text,
    since           bigint NOT NULL REFERENCES directory_versions,
    until           bigint REFERENCES directory_versions
);

-- Zuständigkeiten, a row for each service and region of each. `region` is a prefix of the ARS
-- (twelve zeros: the federation) or an AGS. `container` is the unit's entry that it came with.
CREATE TABLE responsibilities (
    source     text NOT NULL,
    id         text NOT NULL,
    service    text NOT NULL,
    region     text NOT NULL,
    unit       text NOT NULL,
    role       text NOT NULL,
    valid_from date,
    valid_to   date,
    container  text,
    since      bigint NOT NULL,
    until      bigint
);

-- Regional keys and their names; `ags` and `name_key` (how a name is looked up) of municipalities.
CREATE TABLE regions (
    source     text NOT NULL,
    ars        text NOT NULL CHECK (ars ~ '^([0-9]{2}|[0-9]{3}|[0-9]{5}|[0-9]{9}|[0-9]{12})$'),
    ags        text CHECK (ags ~ '^[0-9]{8}$'),
    name       text NOT NULL,
    name_key   text,
    kind       text,
    valid_from date,
    valid_to   date,
    since      bigint NOT NULL REFERENCES directory_versions,
    until      bigint REFERENCES directory_versions
);

-- What a key became: a former ARS or AGS, and the ARS of a municipality that holds its area now.
CREATE TABLE region_aliases (
    source     text NOT NULL,
    former_key text NOT NULL,
    ars        text NOT NULL,
    since      bigint NOT NULL REFERENCES directory_versions,
    until      bigint REFERENCES directory_versions
);

CREATE TABLE postcodes (
    source   text NOT NULL,
    postcode text NOT NULL CHECK (postcode ~ '^[0-9]{5}$'),
    ars      text NOT NULL,
    since    bigint NOT NULL REFERENCES directory_versions,
    until    bigint REFERENCES directory_versions
);

-- Which version ended a version's rows: the next one. What was loaded as a whole stays as it was.
CREATE TEMPORARY TABLE version_ends ON COMMIT DROP AS
    SELECT id, lead(id) OVER (ORDER BY id) AS until FROM directory_versions;

INSERT INTO organizational_units (source, id, plain_id, name, parent, kind, since, until)
    SELECT 'demo', a.id, a.id, a.name, a.parent, a.kind, v.id, v.until
      FROM old_authorities a JOIN version_ends v ON v.id = a.version;
INSERT INTO public_services (source, id, leika_key, name, since, until)
    SELECT 'demo', s.leika_key, s.leika_key, s.name, v.id, v.until
      FROM old_public_services s JOIN version_ends v ON v.id = s.version;
-- A service that was only mentioned had no row of its own.
INSERT INTO public_services (source, id, leika_key, name, since, until)
    SELECT DISTINCT 'demo', r.leika_key, r.leika_key, r.leika_key, v.id, v.until
      FROM old_responsibilities r JOIN version_ends v ON v.id = r.version
     WHERE NOT EXISTS (SELECT FROM old_public_services s
                        WHERE s.version = r.version AND s.leika_key = r.leika_key);
INSERT INTO responsibilities (source, id, service, region, unit, role, valid_from, valid_to,
                              since, until)
    SELECT 'demo',
           concat_ws('|', r.leika_key, r.region, r.authority, r.role,
                     nullif(concat(r.valid_from, '..', r.valid_to), '..')),
           r.leika_key, r.region, r.authority, r.role, r.valid_from, r.valid_to, v.id, v.until
      FROM old_responsibilities r JOIN version_ends v ON v.id = r.version;

CREATE INDEX organizational_units_id ON organizational_units (id);
CREATE INDEX organizational_units_plain_id ON organizational_units (plain_id);
CREATE INDEX organizational_units_since ON organizational_units (since);
CREATE INDEX organizational_units_until ON organizational_units (until) WHERE until IS NOT NULL;
CREATE INDEX public_services_leika_key ON public_services (leika_key);
CREATE INDEX public_services_id ON public_services (id);
CREATE INDEX public_services_specializes ON public_services (specializes)
    WHERE specializes IS NOT NULL;
CREATE INDEX public_services_since ON public_services (since);
CREATE INDEX public_services_until ON public_services (until) WHERE until IS NOT NULL;
CREATE INDEX online_services_id ON online_services (id);
CREATE INDEX online_services_since ON online_services (since);
CREATE INDEX online_services_until ON online_services (until) WHERE until IS NOT NULL;
CREATE INDEX responsibilities_service_region ON responsibilities (service, region);
CREATE INDEX responsibilities_unit_service ON responsibilities (unit, service);
CREATE INDEX responsibilities_id ON responsibilities (id);
CREATE INDEX responsibilities_container ON responsibilities (container)
    WHERE container IS NOT NULL;
CREATE INDEX responsibilities_since ON responsibilities USING brin (since);
CREATE INDEX responsibilities_until ON responsibilities (until) WHERE until IS NOT NULL;
CREATE INDEX regions_ars ON regions (ars);
CREATE INDEX regions_ags ON regions (ags) WHERE ags IS NOT NULL;
CREATE INDEX regions_name_key ON regions (name_key) WHERE name_key IS NOT NULL;
CREATE INDEX region_aliases_former_key ON region_aliases (former_key);
CREATE INDEX region_aliases_ars ON region_aliases (ars);
CREATE INDEX postcodes_postcode ON postcodes (postcode);

-- Configuration: the authorities of a tenant, and the units of the directory they stand for; where
-- a form says which place it is about. An authority's id is the same for everyone.
CREATE TABLE authorities (LIKE directories INCLUDING ALL,
    FOREIGN KEY (tenant) REFERENCES tenants ON DELETE CASCADE,
    UNIQUE (id));
CREATE INDEX authorities_units ON authorities USING gin ((document -> 'units'));
CREATE TABLE forms (
    id       text PRIMARY KEY,
    document jsonb NOT NULL
);

INSERT INTO authorities (tenant, id, document)
    SELECT a.tenant, a.id,
           jsonb_build_object('id', a.id, 'name', a.name, 'units',
               (SELECT jsonb_agg(stated ORDER BY stated)
                  FROM (SELECT unit AS stated FROM unit_aliases u
                         WHERE u.version = a.version AND u.authority = a.id
                         UNION
                        SELECT a.id) AS units))
      FROM old_authorities a
      JOIN directory_versions v ON v.id = a.version AND v.active
      JOIN tenants t ON t.id = a.tenant;

DROP TABLE unit_aliases, old_responsibilities, old_public_services, old_authorities;

GRANT SELECT
    ON organizational_units, public_services, online_services, responsibilities, regions,
       region_aliases, postcodes, authorities, forms
    TO lotse_route, lotse_operator;
GRANT INSERT, UPDATE, DELETE
    ON organizational_units, public_services, online_services, responsibilities, regions,
       region_aliases, postcodes, authorities, forms
    TO lotse_operator;
-- A form or a rule may ask what the applicant filled in.
GRANT SELECT (case_id, fields) ON submissions TO lotse_route;

-- migrate:down

DROP TABLE forms, authorities, postcodes, region_aliases, regions, responsibilities,
    online_services, public_services, organizational_units;
REVOKE SELECT (case_id, fields) ON submissions FROM lotse_route;
-- What it held is gone: cases wait for a directory, rather than find nobody in an empty one.
UPDATE directory_versions SET active = false;
ALTER TABLE directory_versions
    DROP COLUMN source, DROP COLUMN activated_at, DROP COLUMN counts,
    ADD COLUMN digest bytea NOT NULL UNIQUE DEFAULT uuid_send(gen_random_uuid());
CREATE TABLE authorities (
    version bigint NOT NULL REFERENCES directory_versions ON DELETE CASCADE,
    id      text NOT NULL,
    tenant  text,
    name    text NOT NULL,
    kind    text,
    parent  text,
    PRIMARY KEY (version, id),
    FOREIGN KEY (version, parent) REFERENCES authorities
);
CREATE INDEX authorities_parent ON authorities (version, parent) WHERE parent IS NOT NULL;
CREATE TABLE unit_aliases (
    version   bigint NOT NULL,
    unit      text NOT NULL,
    authority text NOT NULL,
    PRIMARY KEY (version, unit, authority),
    FOREIGN KEY (version, authority) REFERENCES authorities ON DELETE CASCADE
);
CREATE TABLE public_services (
    version   bigint NOT NULL REFERENCES directory_versions ON DELETE CASCADE,
    leika_key text NOT NULL CHECK (leika_key ~ '^99[0-9]{12}$'),
    name      text NOT NULL,
    PRIMARY KEY (version, leika_key)
);
CREATE TABLE responsibilities (
    version    bigint NOT NULL,
    leika_key  text NOT NULL CHECK (leika_key ~ '^99[0-9]{12}$'),
    region     text NOT NULL CHECK (region ~ '^([0-9]{2}|[0-9]{3}|[0-9]{5}|[0-9]{9}|[0-9]{12})$'),
    authority  text NOT NULL,
    role       text NOT NULL,
    valid_from date,
    valid_to   date,
    UNIQUE NULLS NOT DISTINCT
        (version, leika_key, region, authority, role, valid_from, valid_to),
    FOREIGN KEY (version, authority) REFERENCES authorities ON DELETE CASCADE
);
CREATE INDEX responsibilities_authority ON responsibilities (version, authority, leika_key);
GRANT SELECT ON authorities, unit_aliases, public_services, responsibilities
    TO lotse_route, lotse_operator;
GRANT INSERT, UPDATE, DELETE ON authorities, unit_aliases, public_services, responsibilities
    TO lotse_operator;
