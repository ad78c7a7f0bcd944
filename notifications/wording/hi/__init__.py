"""Everything that people are told, in Hindi. An SMS is in English where Hindi does not fit into its 70 characters."""

from notifications.wording.hi.accounts import ACCOUNTS
from notifications.wording.hi.deals import OFFERS, ORDERS
from notifications.wording.hi.money import MONEY
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

WORDS = ACCOUNTS | OFFERS | ORDERS | MONEY | _OTHERS
