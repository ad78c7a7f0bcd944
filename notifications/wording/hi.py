"""Everything that people are told, in Hindi. An SMS is in English where Hindi does not fit into its 70 characters."""

from notifications.wording.words import Frame, Leaving, Words

FRAME = Frame(
    greeting="नमस्ते {name},",
    greeting_nobody="नमस्ते,",
    code="आपका कोड",
    link="अगर बटन काम न करे, तो यह पता अपने ब्राउज़र में खोलें:",
    quote="उनका संदेश",
    footer="यह मेल आपको इसलिए मिला है क्योंकि Wholexale पर आपका खाता है।",
    unsubscribe="इस तरह के मेल बंद करें",
    more="और {count} सूचनाएँ",
)

LEAVING = Leaving(
    title="Wholexale के मेल",
    question="क्या हम आपको इस तरह के मेल भेजना बंद करें: {type}?",
    button="ये मेल बंद करें",
    done="हो गया: अब इस तरह के मेल नहीं आएँगे: {type}।",
    back="आप ऐप की सेटिंग में इसे कभी भी बदल सकते हैं।",
)

TYPES = {
    "chat_message": "अनपढ़े संदेश",
    "offer_received": "नए प्रस्ताव",
    "offer_response": "प्रस्तावों के उत्तर",
    "offer_accepted": "स्वीकार हुए प्रस्ताव",
    "offer_rejected": "अस्वीकार हुए प्रस्ताव",
    "offer_countered": "जवाबी प्रस्ताव",
    "order_placed": "नए ऑर्डर",
    "order_confirmed": "पुष्टि हुए ऑर्डर",
    "order_shipped": "रास्ते में ऑर्डर",
    "order_delivered": "पहुँचे हुए ऑर्डर",
    "payment_received": "मिले हुए भुगतान",
    "payment_failed": "विफल भुगतान",
    "credit_added": "उधार खाते में जोड़ी गई राशि",
    "credit_deducted": "उधार का उपयोग",
    "system_update": "Wholexale के समाचार",
    "promotion": "विशेष छूट",
    "security_alert": "आपके खाते की सुरक्षा",
    "reminder": "याद दिलाने वाली सूचनाएँ",
    "feedback_request": "आपकी राय के प्रश्न",
    "digest": "वे सभी जो ज़रूरी नहीं हैं",
}

_OFFER = (("उत्पाद", "{product}"), ("मूल्य", "{price}"), ("मात्रा", "{quantity}"), ("कुल", "{total}"))
_PAYMENT = (("राशि", "{amount}"), ("भुगतान", "{payment}"), ("बिल", "{invoice}"), ("तारीख", "{date}"))
_NOT_YOU = "अगर यह आप नहीं थे, तो तुरंत अपना पासवर्ड बदलें और अनजान सत्र समाप्त करें।"

_ACCOUNTS = {
    "email-verification": Words(
        title="अपना ईमेल पता पक्का करें",
        message="हमने आपको एक मेल भेजा है; उसके लिंक से आपका पता पक्का होगा।",
        push="आगे बढ़ने के लिए अपना मेल देखें।",
        mail=("Wholexale में आपका स्वागत है। कृपया पक्का करें कि यह पता आपका है।",),
        action="पता पक्का करें",
        note="लिंक और कोड 24 घंटे तक काम करेंगे। अगर आपने पंजीकरण नहीं किया, तो इस मेल को अनदेखा करें।",
    ),
    "password-reset": Words(
        title="अपना पासवर्ड बदलें",
        message="किसी ने आपके खाते के लिए नया पासवर्ड माँगा है। लिंक आपके मेल में है।",
        push="लिंक आपके मेल में है।",
        mail=("किसी ने, शायद आपने ही, आपके खाते के लिए नया पासवर्ड माँगा है।",),
        action="नया पासवर्ड चुनें",
        note="लिंक एक बार और थोड़े समय ही काम करेगा। अगर आपने नहीं माँगा, तो इस मेल को अनदेखा करें: कुछ नहीं बदलेगा।",
        sms="Wholexale: पासवर्ड कोड {code}, 10 मिनट तक। किसी को न बताएँ।",
    ),
    "otp": Words(
        title="आपका सत्यापन कोड",
        message="हमने आपको एक कोड भेजा है, जिससे आपका फ़ोन नंबर पक्का होगा।",
        push="हमने आपको एक कोड भेजा है।",
        mail=("इस कोड से पक्का होगा कि यह आप ही हैं।",),
        note="यह 10 मिनट तक काम करेगा। Wholexale का कोई व्यक्ति आपसे यह कोड कभी नहीं माँगेगा।",
        sms="Wholexale: आपका कोड {code}, 10 मिनट तक। किसी को न बताएँ।",
    ),
    "welcome": Words(
        title="Wholexale में आपका स्वागत है",
        message="आपका खाता तैयार है: आपूर्तिकर्ता खोजें, प्रस्ताव भेजें और उधार पर ख़रीदें।",
        push="आपका खाता तैयार है।",
        action="Wholexale खोलें",
        tone="good",
    ),
    "login-alert": Words(
        title="आपके खाते में नया साइन-इन",
        message="किसी ने {location} से {device} द्वारा आपके खाते में साइन इन किया।",
        push="अगर यह आप नहीं थे, तो पासवर्ड बदलें।",
        facts=(("उपकरण", "{device}"), ("स्थान", "{location}"), ("समय", "{when}")),
        action="अपने सत्र देखें",
        note=_NOT_YOU,
        tone="bad",
    ),
    "password-changed": Words(
        title="आपका पासवर्ड बदला गया",
        message="आपके खाते का पासवर्ड {when} को बदला गया।",
        push="अगर यह आप नहीं थे, तो तुरंत कुछ करें।",
        note=_NOT_YOU,
        tone="bad",
    ),
    "account-locked": Words(
        title="आपका खाता कुछ समय के लिए बंद है",
        message="बहुत बार ग़लत पासवर्ड डाला गया। आप {until} के बाद फिर साइन इन कर सकते हैं।",
        push="बहुत बार ग़लत पासवर्ड डाला गया।",
        note="अगर ये कोशिशें आपकी नहीं थीं, तो भी आपका पासवर्ड सुरक्षित है: कोई अंदर नहीं आया।",
        tone="bad",
    ),
    "security-alert": Words(
        title="आपके खाते की सुरक्षा की सूचना",
        message="{message}",
        push="क्या हुआ, यह ऐप में देखें।",
        note=_NOT_YOU,
        tone="bad",
    ),
    "member-added": Words(
        title="आप एक व्यवसाय से जुड़े",
        message="अब आप {business} के सदस्य हैं। आपकी भूमिका: {role}।",
        push="कौन सा, यह ऐप में देखें।",
        action="Wholexale खोलें",
        tone="good",
    ),
}

_OFFERS = {
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


_ORDERS = {
    "order-update": _order("ऑर्डर की सूचना", "ऑर्डर {order} की स्थिति: {status}।"),
    "order-update.placed": _order("नया ऑर्डर", "{sender} ने ऑर्डर दिया है: {order}, {total}।", tone="good"),
    "order-update.confirmed": _order("आपके ऑर्डर की पुष्टि हुई", "{sender} ने ऑर्डर {order} की पुष्टि की है।", tone="good"),
    "order-update.shipped": _order("आपका ऑर्डर रास्ते में है", "{sender} ने ऑर्डर {order} भेज दिया है।"),
    "order-update.delivered": _order("एक ऑर्डर पहुँच गया", "ऑर्डर {order} पहुँचा दिया गया है।", tone="good"),
    "order-update.settled": _order("एक ऑर्डर पूरा हुआ", "ऑर्डर {order} पहुँच गया, भुगतान हुआ, और पूरा हुआ।"),
    "order-update.cancelled": _order("एक ऑर्डर रद्द हुआ", "ऑर्डर {order} रद्द कर दिया गया।", tone="bad"),
}

_MONEY = {
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

_OTHERS = {
    "chat-message": Words(
        title="अनपढ़े संदेश",
        message="{sender} ने आपको लिखा है। अनपढ़े: {count}।",
        push="किसी ने आपको लिखा है।",
        subject="{sender} ने आपको लिखा है",
        action="पढ़ें और उत्तर दें",
    ),
    "system-update": Words(
        title="Wholexale के समाचार",
        message="{message}",
        push="ऐप में पढ़ें।",
        subject="{title}",
        action="और पढ़ें",
    ),
    "generic": Words(
        title="{title}",
        message="{message}",
        push="ऐप में पढ़ें।",
        action="Wholexale खोलें",
    ),
    "digest": Words(
        title="आपसे क्या छूट गया",
        message="आपके लिए {count} सूचनाएँ हैं।",
        push="ऐप में पढ़ें।",
        subject="आपके लिए {count} सूचनाएँ",
        mail=("पिछले मेल के बाद से यह हुआ है।",),
        action="Wholexale खोलें",
    ),
}

WORDS = _ACCOUNTS | _OFFERS | _ORDERS | _MONEY | _OTHERS
