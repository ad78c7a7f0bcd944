"""Words of products: through the index of migration 0002 on PostgreSQL, by plain comparison elsewhere."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value

_COLUMNS = ("name", "brand", "sku", "description")


def holds_words(words: Sequence[str]) -> "Q | Func":
    """Return the condition that a product holds every word, in its name, brand, SKU or description.

    On PostgreSQL the beginnings of words, in any letter case; on SQLite any part, in any ASCII case.
    """
    if connection.vendor != "postgresql" or not any(letter.isalnum() for word in words for letter in word):
        return Q(*(Q(*((f"{column}__icontains", word) for column in _COLUMNS), _connector=Q.OR) for word in words))
    quoted = " & ".join("'" + word.replace("\\", " ").replace("'", "''") + "':*" for word in words)
    document = Func(
        *(F(column) for column in _COLUMNS), template="to_tsvector('simple', %(expressions)s)", arg_joiner=" || ' ' || "
    )
    query = Func(Value(quoted), template="to_tsquery('simple', %(expressions)s)")
    return Func(document, query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())
