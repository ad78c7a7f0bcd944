"""Password hashes: bcrypt of our own and of imported accounts, and the slots that they are computed in."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import bcrypt
from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.auth.hashers import BCryptPasswordHasher, BCryptSHA256PasswordHasher

from wholexale.common.errors import Unavailable

UNUSABLE = hashers.UNUSABLE_PASSWORD_PREFIX
SLOT_WAIT = 5.0  # seconds that a sign-in waits for a free processor
_MAX_BYTES = 72  # what bcrypt reads of a password; the old library dropped the rest in silence
_IMPORTABLE = re.compile(r"\$2[ab]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}")

_slots = threading.BoundedSemaphore(os.cpu_count() or 1)


class BcryptSha256Hasher(BCryptSHA256PasswordHasher):
    """The hash of every new password: bcrypt over SHA-256, so no byte of a long password is dropped."""

    @property
    def rounds(self) -> int:  # type: ignore[override] # Django has a class attribute here
        """Return the cost that the settings name."""
        rounds: int = settings.BCRYPT_ROUNDS
        return rounds


class ImportedBcryptHasher(BCryptPasswordHasher):
    """Verifies the plain `$2a$` and `$2b$` hashes of the old backend; signing in replaces them."""

    def encode(self, password: str, salt: bytes | str) -> str:
        """Hash what bcrypt reads of the password."""
        raw = salt.encode() if isinstance(salt, str) else salt
        return f"{self.algorithm}${bcrypt.hashpw(password.encode()[:_MAX_BYTES], raw).decode()}"

    def verify(self, password: str, encoded: str) -> bool:
        """Compare, at the price of a new hash, so that the time does not tell which accounts were imported."""
        is_correct = super().verify(password, encoded)
        self.harden_runtime(password, encoded)
        return is_correct

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do the work that is missing up to the configured cost: 2^c + ... + 2^(n-1) = 2^n - 2^c."""
        _, version, cost, rest = encoded.split("$")[1:]
        for missing in range(int(cost), settings.BCRYPT_ROUNDS):
            self.encode(password, f"${version}${missing:02}${rest[:22]}")


def hash_password(password: str) -> str:
    """Return the hash to store for a new password.

    Raises:
        Unavailable: where no processor is free within 5 seconds.
    """
    with _slot():
        return hashers.make_password(password)


def verify_password(password: str, encoded: str) -> tuple[bool, bool]:
    """Return whether the password is right, and whether its hash should be replaced.

    The hash of nobody is `UNUSABLE`: it costs one hash too, and is never right.

    Raises:
        Unavailable: where no processor is free within 5 seconds.
    """
    with _slot():
        return hashers.verify_password(password, encoded)


def imported_hash(old_hash: str) -> str:
    """Return the stored form of a hash of the old backend.

    Raises:
        ValueError: where it is no `$2a$` or `$2b$` hash of a cost from 4 to 16.
    """
    if not _IMPORTABLE.fullmatch(old_hash):
        raise ValueError("expected a bcrypt hash that begins with $2a$ or $2b$ and has a cost from 4 to 16")
    return f"{ImportedBcryptHasher.algorithm}${old_hash}"


@contextmanager
def _slot() -> Iterator[None]:
    """Hold one of as many slots as there are processors, so that a flood of sign-ins leaves room for the rest."""
    if not _slots.acquire(timeout=SLOT_WAIT):
        raise Unavailable(detail="Too many sign-ins at once, please try again.", retry_after=SLOT_WAIT)
    try:
        yield
    finally:
        _slots.release()
