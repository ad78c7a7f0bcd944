"""The project package is an app as well: it holds the commands that need several apps."""

from django.apps import AppConfig


class WholexaleConfig(AppConfig):
    """Composition and its management commands."""

    name = "wholexale"

    def ready(self) -> None:
        """Let accounts show what finance knows of a person's credit, and facts find who listens to them."""
        from accounts import selectors as accounts_selectors  # noqa: PLC0415 - models are there only after the set-up
        from finance import selectors as finance_selectors  # noqa: PLC0415 - the same
        from wholexale.common.events import install_subscriptions  # noqa: PLC0415 - the same
        from wholexale.subscriptions import LOG, SUBSCRIPTIONS  # noqa: PLC0415 - the same

        accounts_selectors.use_credit_source(finance_selectors.credit_of)
        install_subscriptions(SUBSCRIPTIONS, log=LOG)
