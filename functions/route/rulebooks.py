"""Tables `tenants`, `routing_rules`, `forms`: what was declared that a routing decision needs."""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

import structlog
from pydantic import ValidationError

from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case
from shared.domain.configuration.base import Entry
from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.directory import single_keys
from shared.domain.identifiers import TenantId
from shared.domain.routing import NotResponsible, Precedence
from shared.domain.rulebook import Rulebook, TenantPolicy, TenantsRule, form_for

E = TypeVar("E", bound=Entry)

_logger = structlog.get_logger()


class _Row(NamedTuple):
    kind: str  # the name of the table
    tenant: str | None
    id: str
    document: Any


class PostgresRulebooks:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def for_case(self, case: Case) -> Rulebook:
        """What this version cannot read is logged and left out: it must not stop the case."""
        rows = self._conn.execute(
            """
            WITH consenting AS MATERIALIZED (
                SELECT id, document
                  FROM tenants
                 WHERE document -> 'senders' ? %(sender)s
            )
            SELECT 'tenants' AS kind, id AS tenant, id,
                   jsonb_build_array(document -> 'precedence', document -> 'not_responsible')
                       AS document
              FROM consenting
             UNION ALL
            SELECT 'routing_rules', r.tenant, r.id, r.document
              FROM routing_rules r
              JOIN consenting c ON c.id = r.tenant
             WHERE coalesce(r.document ->> 'form' = %(form)s, r.document ->> 'form' IS NULL)
               AND (r.document ->> 'leika_prefix' IS NULL
                    OR EXISTS (SELECT
                                 FROM unnest(%(keys)s::text[]) AS asked (key)
                                WHERE starts_with(asked.key, r.document ->> 'leika_prefix')))
             UNION ALL
            SELECT 'forms', NULL, id, document
              FROM forms
             WHERE document ->> 'form' = %(form)s
             ORDER BY kind, tenant, id
            """,
            {
                "sender": case.sender,
                "form": case.form_id,
                "keys": list(single_keys(case.leika_keys)),
            },
        ).fetchall()
        declared = [_Row(*row) for row in rows]
        tenants = {
            TenantId(row.id): policy
            for row in declared
            if row.kind == "tenants" and (policy := _policy(row)) is not None
        }
        return Rulebook(
            tenants=tenants,
            rules=tuple(
                TenantsRule(TenantId(tenant), rule)
                for tenant, rule in _readable("routing_rules", RoutingRule, declared)
                if tenant in tenants
            ),
            form=form_for(
                (form for _, form in _readable("forms", Form, declared)),
                case.form_id,
                case.sender,
            ),
        )


def _policy(row: _Row) -> TenantPolicy | None:
    """Of each tenant, for each case: hence without its model, which would read all of it."""
    precedence, not_responsible = row.document
    try:
        return TenantPolicy(
            Precedence(precedence or Precedence.REGION),
            NotResponsible(not_responsible or NotResponsible.FOLLOW),
        )
    except ValueError:
        _unreadable(row)
        return None


def _unreadable(row: _Row) -> None:
    _logger.error("declaration_unreadable", kind=row.kind, tenant=row.tenant, id=row.id)


def _readable(kind: str, model: type[E], rows: Iterable[_Row]) -> Iterable[tuple[str, E]]:
    for row in rows:
        if row.kind != kind:
            continue
        try:
            yield row.tenant or "", model.model_validate(row.document)
        except ValidationError:
            _unreadable(row)
