"""Settings are classes: a field is an environment variable; what is missing stops the start."""

import os
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError


class Settings(BaseModel):
    """Subclass it; a field `s3_bucket` is read from the variable `S3_BUCKET`."""

    model_config = ConfigDict(frozen=True)

    log_level: str = "INFO"

    @classmethod
    def from_environment(cls) -> Self:
        """Raise SystemExit naming the variables that are missing or wrong, never their values."""
        given = {
            name: os.environ[name.upper()]
            for name in cls.model_fields
            if name.upper() in os.environ
        }
        try:
            return cls.model_validate(given)
        except ValidationError as exc:
            wrong = [f"{str(error['loc'][0]).upper()}: {error['msg']}" for error in exc.errors()]
            raise SystemExit(
                "Cannot start, the environment is not complete. " + "; ".join(wrong)
            ) from None
