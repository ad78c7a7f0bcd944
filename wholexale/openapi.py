"""The OpenAPI document: its title, and the groups that its operations stand in."""

from typing import Any

GROUPS = {
    "auth": "Accounts, their sessions and their profile.",
    "businesses": "The directory, and the caller's own business.",
    "chat": "Conversations, messages, receipts, blocks and reports.",
    "categories": "The shelves of the marketplace.",
    "products": "The catalogue: what is for sale, in which quantities, for how much.",
    "price bands": "How a seller's offers are answered without looking; only the seller may know.",
    "offers": "Negotiations by turns: make, answer, withdraw, revise; and how they go, in figures.",
    "approvals": "What colleagues must agree to before a member may, by the policies of their business.",
    "orders": "What came of offers: confirm, fulfil, deliver, settle, cancel, pay.",
    "finance": "Credit, the ledger seen from a business, invoices, payments, statements.",
    "webhooks": "What providers of payments and SMS tell us.",
    "notifications": "What the caller was told, on which ways and why; and how they want to be told.",
    "system": "What has happened on the marketplace, for staff.",
    "health": "Whether the process lives, and whether to send it requests.",
}
"""An operation stands in the group that its path begins with, unless its view names another."""

DOCUMENT: dict[str, Any] = {
    "TITLE": "Wholexale API",
    "DESCRIPTION": "The backend of a B2B wholesale marketplace: the directory, live conversations, deals and money.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # else it asks a server of somebody else's
    "SCHEMA_PATH_PREFIX": "/api",
    "OAS_VERSION": "3.1.0",  # what msgspec speaks: JSON Schema 2020-12
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": ["wholexale.common.api.schema.finish_operations"],
    "TAGS": [{"name": name, "description": text} for name, text in GROUPS.items()],
}
