"""Who hears of what: every fact, and the handlers of the apps that record what follows from it, in order.

All of them are in the log of what has happened, which is written first.
"""

from accounts import events as accounts
from finance import events as finance
from notifications import handlers as notifications
from offers import events as offers, handlers as offers_handlers
from wholexale.common.events import Log, Subscriptions

LOG: Log = notifications.record_facts
SUBSCRIPTIONS: Subscriptions = {
    accounts.UserRegistered: [notifications.tell_registered],
    accounts.VerificationAsked: [notifications.tell_verification],
    accounts.PasswordResetAsked: [notifications.tell_password_reset],
    accounts.PhoneCodeAsked: [notifications.tell_phone_code],
    accounts.EmailVerified: [],
    accounts.PasswordChanged: [notifications.tell_password_changed],
    accounts.SignedIn: [notifications.tell_signed_in],
    accounts.AccountLocked: [notifications.tell_account_locked],
    accounts.MemberAdded: [notifications.tell_member_added],
    finance.PrepaymentMade: [offers_handlers.note_prepayment],
    finance.PaymentStateChanged: [notifications.tell_payment],
    finance.RefundSettled: [notifications.tell_refund],
    finance.CreditMoved: [notifications.tell_credit_moved],
    finance.CreditLineChanged: [notifications.tell_credit_line],
    finance.InvoiceIssued: [notifications.tell_invoice],
    offers.OfferStepTaken: [notifications.tell_offer_step],
    offers.OrderStepTaken: [notifications.tell_order_step],
}
