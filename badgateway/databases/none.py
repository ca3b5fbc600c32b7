"""No database at all: for a site that asks none."""

from badgateway.databases.database_kind import NO_DATABASE, DatabaseKind
from badgateway.databases.driver import Driver

DATABASE = DatabaseKind(
    name=NO_DATABASE,
    label="no database",
    drivers=(
        Driver(
            name="none",
            distribution="",
            module="",
            plain=("none", {}),
            without_pool="there is no database",
        ),
    ),
)
