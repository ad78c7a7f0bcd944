"""The environment that tests run in: the same on every machine, whatever the caller has set.

`conftest.py` applies it before the settings are read, so a bare `pytest` gets it too; `lanes.py` builds one for
each lane and marks it, and then `conftest.py` leaves it as it is.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from tempfile import mkdtemp

LANE = "WHOLEXALE_LANE"
"""Names the lane that the environment was built for."""

SERVER = "WHOLEXALE_TEST_SERVER"
"""Names the ASGI server that live tests start: uvicorn or daphne."""

MIGRATED = "WHOLEXALE_MIGRATED"
"""Leads to a database with every table and nothing in them, to be copied: a file, or a name on PostgreSQL.

To migrate an empty database takes longer than most tests, so a lane does it once for all of its processes.
"""

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / ".env.example"
_VARIABLE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)


def known_variables(example: str | None = None) -> list[str]:
    """Return the names of all settings, as `.env.example` lists them."""
    return _VARIABLE.findall(EXAMPLE.read_text(encoding="utf-8") if example is None else example)


def hermetic_environment(
    caller: Mapping[str, str],
    *,
    lane: str,
    data_dir: Path,
    extra: Mapping[str, str] | None = None,
    variables: Iterable[str] | None = None,
) -> dict[str, str]:
    """Return the caller's environment without its settings, and with those that tests need.

    Settings are blanked rather than removed: a blank counts as unset, and a `.env` file does not fill it.
    """
    names = known_variables() if variables is None else variables
    blanks = {name: "" for known in names for name in (known, f"{known}_FILE")}
    return {
        **caller,
        **blanks,
        LANE: lane,
        SERVER: "uvicorn",
        "APP_ENV": "test",
        "BCRYPT_ROUNDS": "4",
        "DB_POOL_SIZE": "26",  # the races of twenty threads, each with a connection, and a few to spare
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "wholexale.settings",
        "PYTHONDONTWRITEBYTECODE": "",  # hundreds of processes are started, and each would compile all of the project
        **{name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET")},
        **(extra or {}),
    }


def split_by_worker(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what must differ between the processes of one parallel run: the data folder and the keys in Redis."""
    if not (worker := environment.get("PYTEST_XDIST_WORKER")):
        return {}
    own = {"DATA_DIR": str(Path(environment["DATA_DIR"]) / worker)}
    if prefix := environment.get("REDIS_PREFIX"):
        own["REDIS_PREFIX"] = f"{prefix}-{worker}"
    return own


def enter_test_environment(environment: MutableMapping[str, str]) -> Path | None:
    """Make `environment` (the process's own) hermetic, once; return the temporary folder that this made, if any."""
    made = None
    if not environment.get(LANE):
        made = Path(mkdtemp(prefix="wholexale-tests-"))
        environment.update(hermetic_environment(environment, lane="embedded", data_dir=made))
    environment.update(split_by_worker(environment))
    Path(environment["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    return made
