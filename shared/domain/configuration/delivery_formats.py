"""What a file store is given: our own format, an xdomea container, or XML of one's own."""

from typing import Annotated, Literal

from pydantic import Field

from shared.domain.configuration.base import Part
from shared.domain.configuration.xdomea import Xdomea
from shared.domain.configuration.xml_mapping import MappedXml


class Delivery(Part):
    """Every file of the case, its fields and a manifest: docs/delivery-format.md."""

    format: Literal["delivery"] = "delivery"


DeliveryFormat = Annotated[Delivery | Xdomea | MappedXml, Field(discriminator="format")]
