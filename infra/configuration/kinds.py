"""The kinds of entries that can be declared, and the class that checks each."""

from typing import NamedTuple

from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.base import Entry
from shared.domain.configuration.destinations import Destination
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.configuration.senders import Sender
from shared.domain.configuration.tenants import Tenant

PLATFORM = "platform"
"""The operator's folder; every other folder is a tenant's and named like it."""


class Kind(NamedTuple):
    """`name` is the table's, and the file's: `<name>.toml` with an array `[[<name>]]`."""

    name: str
    entry: type[Entry]


TENANTS = Kind("tenants", Tenant)
SENDERS = Kind("senders", Sender)
OF_THE_PLATFORM: tuple[Kind, ...] = (SENDERS, Kind("forms", Form))
OF_A_TENANT: tuple[Kind, ...] = (
    Kind("authorities", Authority),
    Kind("routing_rules", RoutingRule),
    Kind("directories", Directory),
    Kind("assignment_rules", AssignmentRule),
    Kind("destinations", Destination),
)
KINDS: tuple[Kind, ...] = (TENANTS, *OF_THE_PLATFORM, *OF_A_TENANT)
