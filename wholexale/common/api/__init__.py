"""What REST endpoints share: decoding, errors, pages, limits, request ids and the OpenAPI of wire shapes."""

from wholexale.common.api.endpoint import endpoint
from wholexale.common.api.pagination import PageQuery, Pagination, paginate
from wholexale.common.api.streams import file_stream, html_stream

__all__ = ["PageQuery", "Pagination", "endpoint", "file_stream", "html_stream", "paginate"]
