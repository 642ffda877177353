"""What a file store is given: our own format, an xdomea container, or XML of one's own."""

from typing import Annotated, Literal

from pydantic import Field

from shared.domain.configuration.base import Part
from shared.domain.configuration.xdomea import Xdomea


class Delivery(Part):
    """Every file of the case, its fields and a manifest: docs/delivery-format.md."""

    format: Literal["delivery"] = "delivery"


class MappedXml(Part):
    """An XML document that the operator describes, beside the files of the case."""

    format: Literal["xml"]


DeliveryFormat = Annotated[Delivery | Xdomea | MappedXml, Field(discriminator="format")]
