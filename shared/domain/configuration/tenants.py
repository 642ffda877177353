"""Tenants (Mandanten): who owns cases, and from which senders they take them."""

from shared.domain.configuration.base import Entry, Slug
from shared.domain.configuration.mail import MailServer
from shared.domain.routing import NotResponsible, Precedence


class Tenant(Entry):
    """`senders` are those the tenant takes applications from: the tenant's own consent.

    `precedence` is what counts first among the directory's entries. `not_responsible` is what
    becomes of a case whose sender names an authority that the directory does not hold responsible.
    `mail` is needed where one of its authorities wants notices.
    """

    name: str
    senders: tuple[Slug, ...] = ()
    precedence: Precedence = Precedence.REGION
    not_responsible: NotResponsible = NotResponsible.FOLLOW
    mail: MailServer | None = None
