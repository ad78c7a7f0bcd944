"""Who hears of what: every fact, and the handlers of the apps that record what follows from it, in order."""

from finance.events import PrepaymentMade
from offers import handlers as offers_handlers
from wholexale.common.events import Subscriptions

SUBSCRIPTIONS: Subscriptions = {PrepaymentMade: [offers_handlers.note_prepayment]}
