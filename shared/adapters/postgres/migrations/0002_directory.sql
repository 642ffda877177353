-- migrate:up

SET LOCAL lock_timeout = '5s';

-- The authority directory, in versions: a version is loaded, then becomes active as a whole; the old
-- ones stay for the cases that were decided with them. Every other table of it starts with `version`.
CREATE TABLE directory_versions (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL,
    digest    bytea NOT NULL UNIQUE,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    active    boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX directory_versions_active ON directory_versions (active) WHERE active;

-- `tenant` is null for an authority that takes no part: known, but nothing can be sent to it.
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

-- What senders call an authority. One id may stand for several: the id's text alone is not unique.
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

-- `region` is a prefix of the ARS; twelve zeros are the federation. A broader service key ends in
-- zeros. A decision looks up exact pairs of both, at most four by six for each service asked.
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

-- Why a case went where it went, once per round.
CREATE TABLE routings (
    case_id           uuid NOT NULL REFERENCES cases,
    round             integer NOT NULL,
    directory_version bigint NOT NULL REFERENCES directory_versions,
    decision          json NOT NULL,
    decided_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (case_id, round)
);

GRANT SELECT ON directory_versions, authorities, unit_aliases, public_services, responsibilities
    TO lotse_route, lotse_operator;
GRANT INSERT, UPDATE, DELETE
    ON directory_versions, authorities, unit_aliases, public_services, responsibilities
    TO lotse_operator;
GRANT SELECT, INSERT ON routings TO lotse_route, lotse_operator;

ALTER TABLE routings ENABLE ROW LEVEL SECURITY;
ALTER TABLE routings FORCE ROW LEVEL SECURITY;
CREATE POLICY pipeline ON routings TO lotse_route, lotse_operator
    USING (true) WITH CHECK (true);

-- migrate:down

DROP TABLE routings, responsibilities, public_services, unit_aliases, authorities,
    directory_versions;
