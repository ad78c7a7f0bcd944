"""Who hears of what: every fact, and the handlers of the apps that record what follows from it, in order."""

from accounts import events as accounts
from finance import events as finance
from notifications import handlers as notifications
from offers import events as offers, handlers as offers_handlers
from wholexale.common.events import Subscriptions

SUBSCRIPTIONS: Subscriptions = {
    accounts.UserRegistered: [notifications.record_fact, notifications.tell_registered],
    accounts.VerificationAsked: [notifications.record_fact, notifications.tell_verification],
    accounts.PasswordResetAsked: [notifications.record_fact, notifications.tell_password_reset],
    accounts.PhoneCodeAsked: [notifications.record_fact, notifications.tell_phone_code],
    accounts.EmailVerified: [notifications.record_fact],
    accounts.PasswordChanged: [notifications.record_fact, notifications.tell_password_changed],
    accounts.SignedIn: [notifications.record_fact, notifications.tell_signed_in],
    accounts.AccountLocked: [notifications.record_fact, notifications.tell_account_locked],
    accounts.MemberAdded: [notifications.record_fact, notifications.tell_member_added],
    finance.PrepaymentMade: [offers_handlers.note_prepayment, notifications.record_fact],
    finance.PaymentStateChanged: [notifications.record_fact, notifications.tell_payment],
    finance.CreditMoved: [notifications.record_fact, notifications.tell_credit_moved],
    finance.CreditLineChanged: [notifications.record_fact, notifications.tell_credit_line],
    finance.InvoiceIssued: [notifications.record_fact, notifications.tell_invoice],
    offers.OfferStepTaken: [notifications.record_fact, notifications.tell_offer_step],
    offers.OrderStepTaken: [notifications.record_fact, notifications.tell_order_step],
}
