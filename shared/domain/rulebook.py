"""What tenants and forms have declared, as far as a routing decision needs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.identifiers import SenderId, TenantId
from shared.domain.routing import NotResponsible, Precedence


class TenantPolicy(NamedTuple):
    """As in `Tenant`, for each case once more: hence no model."""

    precedence: Precedence = Precedence.REGION
    not_responsible: NotResponsible = NotResponsible.FOLLOW


class TenantsRule(NamedTuple):
    """A routing rule and whose it is."""

    tenant: TenantId
    rule: RoutingRule


@dataclass(frozen=True)
class Rulebook:
    """`tenants` are those that take applications from the case's sender; `rules` are theirs."""

    tenants: Mapping[TenantId, TenantPolicy] = field(default_factory=dict)
    rules: tuple[TenantsRule, ...] = ()
    form: Form | None = None

    @property
    def needs_fields(self) -> bool:
        """Whether anything of it asks what the applicant filled in."""
        return self.form is not None or any(each.rule.field for each in self.rules)


def form_for(forms: Iterable[Form], form_id: str | None, sender: SenderId) -> Form | None:
    """One that names the sender counts before one for everybody; then by id."""
    fitting = (
        form
        for form in forms
        if form.form == form_id and (not form.senders or sender in form.senders)
    )
    return min(fitting, key=lambda form: (not form.senders, form.id), default=None)
