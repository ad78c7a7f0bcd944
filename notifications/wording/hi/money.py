"""What people are told of payments, invoices and credit, in Hindi."""

from notifications.wording.words import Words

_PAYMENT = (("राशि", "{amount}"), ("भुगतान", "{payment}"), ("बिल", "{invoice}"), ("तारीख", "{date}"))

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
}
