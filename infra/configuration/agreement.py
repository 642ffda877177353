"""What entries of different files have to agree on."""

from infra.configuration.declared import Configuration, Key, Problem
from shared.domain.configuration.tenants import Tenant


def disagreements(configuration: Configuration) -> list[Problem]:
    return _senders_of_tenants(configuration)


def _senders_of_tenants(configuration: Configuration) -> list[Problem]:
    return [
        Problem(
            configuration.files[key],
            "",
            "senders",
            f"{sender} is not declared in platform/senders.toml",
        )
        for key, tenant in configuration.of_kind("tenants")
        if isinstance(tenant, Tenant)
        for sender in tenant.senders
        if Key("senders", "", sender) not in configuration.files
    ]
