"""Tenants (Mandanten): who owns cases, and from which senders they take them."""

from shared.domain.configuration.base import Entry, Slug


class Tenant(Entry):
    """`senders` are those the tenant takes applications from: the tenant's own consent."""

    name: str
    senders: tuple[Slug, ...] = ()
