"""Pages and their description: one superset for both dialects of the old clients."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from django.db.models import Model, QuerySet

from wholexale.common.wire import Page, Wire

M = TypeVar("M", bound=Model)
T = TypeVar("T")

MAX_LIMIT = 100
Limit = Annotated[int, msgspec.Meta(ge=1)]


class PageQuery(Wire, kw_only=True):
    """Which page of a list; a `limit` above 100 is read as 100."""

    page: Page = 1
    limit: Limit = 20

    def __post_init__(self) -> None:
        """Clamp the limit: an old client asks for 200 in its search."""
        self.limit = min(self.limit, MAX_LIMIT)

    @property
    def offset(self) -> int:
        """Return how many items come before the page."""
        return (self.page - 1) * self.limit


class Pagination(Wire, kw_only=True):
    """Where a page stands in its list."""

    current_page: int
    total_pages: int
    total_count: int
    has_next: bool
    has_prev: bool
    page: int
    limit: int
    total: int
    has_more: bool

    @classmethod
    def of(cls, query: PageQuery, total: int) -> "Pagination":
        """Describe the page that `query` asked for in a list of `total` items."""
        has_next = query.page * query.limit < total
        return cls(
            current_page=query.page,
            total_pages=-(-total // query.limit),
            total_count=total,
            has_next=has_next,
            has_prev=query.page > 1,
            page=query.page,
            limit=query.limit,
            total=total,
            has_more=has_next,
        )


def paginate(
    rows: "QuerySet[M, Any]", query: PageQuery, shape: Callable[[Sequence[Any]], Iterable[T]]
) -> tuple[list[T], Pagination]:
    """Return the shapes of one page of a queryset, and the description of the page."""
    page = list(rows[query.offset : query.offset + query.limit])
    return list(shape(page)), Pagination.of(query, rows.count())
