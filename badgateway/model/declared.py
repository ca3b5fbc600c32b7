"""What all declarations in an experiment file have in common."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]


def _relative(path: PurePosixPath) -> PurePosixPath:
    if path.is_absolute() or ".." in path.parts:
        message = "must be a path inside the project, such as servers/uwsgi.ini"
        raise ValueError(message)
    return path


ProjectPath = Annotated[PurePosixPath, AfterValidator(_relative)]


class Declared(BaseModel):
    """A table of an experiment file: it cannot be changed, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
