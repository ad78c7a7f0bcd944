"""What people are told of payments, invoices and credit, in Hindi."""

from notifications.wording.words import Words

_PAYMENT = (("राशि", "{amount}"), ("भुगतान", "{payment}"), ("बिल", "{invoice}"), ("तारीख", "{date}"))
_CREDIT_LINE = (("सीमा", "{limit}"), ("उपलब्ध", "{balance}"))


def _credit_line(title: str, message: str, **more: str) -> Words:
    """Return the wording of a change of a credit line."""
    return Words(
        title=title,
        message=message,
        push="कितना उपलब्ध है, खोलकर देखें।",
        facts=_CREDIT_LINE,
        action="अपना उधार खाता देखें",
        **more,  # type: ignore[arg-type]  # only a tone
    )


MONEY = {
    "payment-success": Words(
        title="भुगतान मिला",
        message="{amount} का भुगतान हुआ: {payment}।",
        push="भुगतान खोलकर देखें।",
        subject="भुगतान मिला: {amount}",
        facts=_PAYMENT,
        action="भुगतान देखें",
        tone="good",
    ),
    "payment-failed": Words(
        title="एक भुगतान विफल हुआ",
        message="{amount} का भुगतान विफल हुआ: {reason}।",
        push="फिर कोशिश करने के लिए खोलें।",
        subject="भुगतान विफल: {amount}",
        facts=(*_PAYMENT, ("कारण", "{reason}")),
        action="फिर कोशिश करें",
        tone="bad",
    ),
    "payment-refunded": Words(
        title="एक भुगतान लौटाया गया",
        message="{amount} लौटाया गया: {payment}।",
        push="खोलकर देखें।",
        subject="लौटाया गया: {amount}",
        facts=_PAYMENT,
        action="भुगतान देखें",
    ),
    "refund-failed": Words(
        title="राशि लौटाई नहीं जा सकी",
        message="{amount} लौटाने की कोशिश विफल हुई: {payment}, {reason}।",
        push="कारण देखने के लिए खोलें।",
        subject="राशि लौटाना विफल: {amount}",
        facts=(*_PAYMENT, ("कारण", "{reason}")),
        action="भुगतान देखें",
        tone="bad",
    ),
    "invoice-issued": Words(
        title="नया बिल",
        message="{sender} ने आपको {amount} का बिल {invoice} भेजा है; अंतिम तारीख {due_date}।",
        push="कितना और कब तक: खोलकर देखें।",
        subject="बिल {invoice}: {amount}",
        facts=(("बिल", "{invoice}"), ("किसका", "{sender}"), ("राशि", "{amount}"), ("अंतिम तारीख", "{due_date}")),
        action="बिल देखें",
    ),
    "credit-added": Words(
        title="उधार खाते में राशि जुड़ी",
        message="आपके उधार खाते में {amount} जोड़ा गया। अब उपलब्ध: {balance}।",
        push="कितना उपलब्ध है, खोलकर देखें।",
        facts=(("राशि", "{amount}"), ("उपलब्ध", "{balance}"), ("कारण", "{reason}")),
        action="अपना उधार खाता देखें",
        tone="good",
    ),
    "credit-deducted": Words(
        title="उधार का उपयोग हुआ",
        message="आपके उधार खाते से {amount} लिया गया। अब उपलब्ध: {balance}।",
        push="कितना उपलब्ध है, खोलकर देखें।",
        facts=(("राशि", "{amount}"), ("उपलब्ध", "{balance}"), ("कारण", "{reason}")),
        action="अपना उधार खाता देखें",
    ),
    "credit-line.opened": _credit_line(
        "अब आप उधार पर खरीद सकते हैं",
        "अब से आप {limit} तक उधार पर खरीद सकते हैं। अभी उपलब्ध: {balance}।",
        tone="good",
    ),
    "credit-line.lowered": _credit_line(
        "आपकी उधार सीमा घटाई गई",
        "आपकी उधार सीमा {amount} घटाकर {limit} कर दी गई। अब उपलब्ध: {balance}।",
    ),
    "credit-line.active": _credit_line(
        "आप फिर उधार पर खरीद सकते हैं",
        "आपका {limit} का उधार खाता फिर चालू है। अब उपलब्ध: {balance}।",
        tone="good",
    ),
    "credit-line.under_review": _credit_line(
        "आपके उधार खाते की समीक्षा हो रही है",
        "आपके {limit} के उधार खाते की समीक्षा हो रही है। तब तक उधार पर खरीद नहीं हो सकती; बकाया चुकाया जा सकता है।",
    ),
    "credit-line.suspended": _credit_line(
        "आपका उधार खाता रोक दिया गया है",
        "आपका {limit} का उधार खाता रोक दिया गया है। अभी उधार पर खरीद नहीं हो सकती; बकाया चुकाया जा सकता है।",
        tone="bad",
    ),
    "credit-line.revoked": _credit_line(
        "आपका उधार खाता बंद किया गया",
        "आपका {limit} का उधार खाता बंद कर दिया गया। अब उधार पर खरीद नहीं हो सकती; कृपया बकाया चुकाएँ।",
        tone="bad",
    ),
}
