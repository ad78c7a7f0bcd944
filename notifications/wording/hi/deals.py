"""What people are told of offers and orders, in Hindi."""

from notifications.wording.words import Words

_OFFER = (("उत्पाद", "{product}"), ("मूल्य", "{price}"), ("मात्रा", "{quantity}"), ("कुल", "{total}"))

OFFERS = {
    "offer-notification": Words(
        title="नया प्रस्ताव",
        message="{sender} ने {product} की {quantity} मात्रा के लिए {price} का प्रस्ताव दिया है।",
        push="कौन, क्या और कितने में: खोलकर देखें।",
        subject="{sender} का नया प्रस्ताव: {product}",
        mail=("{sender} ने आपको एक प्रस्ताव भेजा है।",),
        facts=(*_OFFER, ("मान्य", "{valid_until}")),
        action="प्रस्ताव का उत्तर दें",
    ),
    "offer-response.accepted": Words(
        title="आपका प्रस्ताव स्वीकार हुआ",
        message="{sender} ने स्वीकार किया: {product}, मात्रा {quantity}, मूल्य {price}।",
        push="ऑर्डर बन गया है।",
        subject="स्वीकार हुआ: {product}",
        mail=("{sender} ने प्रस्ताव स्वीकार किया है। ऑर्डर बन गया है।",),
        facts=_OFFER,
        action="ऑर्डर देखें",
        tone="good",
    ),
    "offer-response.rejected": Words(
        title="आपका प्रस्ताव अस्वीकार हुआ",
        message="{sender} ने {product} का प्रस्ताव अस्वीकार किया है।",
        push="कारण खोलकर देखें।",
        subject="अस्वीकार हुआ: {product}",
        mail=("{sender} ने प्रस्ताव अस्वीकार किया है।",),
        facts=_OFFER,
        action="प्रस्ताव देखें",
        tone="bad",
    ),
    "offer-response.countered": Words(
        title="नया जवाबी प्रस्ताव",
        message="{sender} ने {product} की {quantity} मात्रा के लिए अब {price} माँगा है।",
        push="अब आपकी बारी है।",
        subject="{sender} का जवाबी प्रस्ताव: {product}",
        mail=("{sender} ने जवाबी प्रस्ताव भेजा है। अब आपकी बारी है।",),
        facts=(*_OFFER, ("मान्य", "{valid_until}")),
        action="प्रस्ताव का उत्तर दें",
    ),
    "offer-response.withdrawn": Words(
        title="एक प्रस्ताव वापस लिया गया",
        message="{sender} ने {product} का प्रस्ताव वापस ले लिया है।",
        push="अब उत्तर देने की ज़रूरत नहीं।",
        subject="वापस लिया गया: {product}",
        mail=("{sender} ने प्रस्ताव वापस ले लिया है।",),
        facts=_OFFER,
        action="प्रस्ताव देखें",
    ),
    "offer-response.expired": Words(
        title="एक प्रस्ताव का समय समाप्त हुआ",
        message="{product} का प्रस्ताव बिना उत्तर के समाप्त हो गया।",
        push="समय पर किसी ने उत्तर नहीं दिया।",
        subject="समय समाप्त: {product}",
        mail=("प्रस्ताव बिना उत्तर के समाप्त हो गया।",),
        facts=_OFFER,
        action="प्रस्ताव देखें",
    ),
    "offer-reminder": Words(
        title="एक प्रस्ताव आपकी प्रतीक्षा में है",
        message="{sender} का {product} का प्रस्ताव {valid_until} को समाप्त होगा।",
        push="समय जल्द समाप्त होगा।",
        subject="जल्द समाप्त: {product}",
        mail=("{sender} का प्रस्ताव आपके उत्तर की प्रतीक्षा में है।",),
        facts=(*_OFFER, ("मान्य", "{valid_until}")),
        action="प्रस्ताव का उत्तर दें",
    ),
}

_ORDER = (("ऑर्डर", "{order}"), ("किसके साथ", "{sender}"), ("कुल", "{total}"))


def _order(title: str, message: str, **more: str) -> Words:
    """Return the wording of a step of an order."""
    return Words(
        title=title,
        message=message,
        push="अधिक जानने के लिए खोलें।",
        subject=title + ": {order}",
        facts=_ORDER,
        action="ऑर्डर देखें",
        **more,  # type: ignore[arg-type]  # only a tone
    )


ORDERS = {
    "order-update": _order("ऑर्डर की सूचना", "ऑर्डर {order} की स्थिति: {status}।"),
    "order-update.placed": _order("नया ऑर्डर", "{sender} ने ऑर्डर दिया है: {order}, {total}।", tone="good"),
    "order-update.confirmed": _order("आपके ऑर्डर की पुष्टि हुई", "{sender} ने ऑर्डर {order} की पुष्टि की है।", tone="good"),
    "order-update.shipped": _order("आपका ऑर्डर रास्ते में है", "{sender} ने ऑर्डर {order} भेज दिया है।"),
    "order-update.delivered": _order("एक ऑर्डर पहुँच गया", "ऑर्डर {order} पहुँचा दिया गया है।", tone="good"),
    "order-update.settled": _order("एक ऑर्डर पूरा हुआ", "ऑर्डर {order} पहुँच गया, भुगतान हुआ, और पूरा हुआ।"),
    "order-update.cancelled": _order("एक ऑर्डर रद्द हुआ", "ऑर्डर {order} रद्द कर दिया गया।", tone="bad"),
}
