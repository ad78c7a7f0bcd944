"""What stands above a mail beside sender, recipient and subject."""

from email.utils import parseaddr

from django.conf import settings

from notifications.channels.base import Letter


def mail_headers(letter: Letter) -> dict[str, str]:
    """Return the headers of a mail.

    Its id is the delivery's, so that a copy is known as one. Mails of a thread answer a mail that was never sent, which
    is how readers put them together. One click unsubscribes (RFC 8058), where the mail can be done without.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<{letter.delivery_id}@{domain}>", "Auto-Submitted": "auto-generated"}
    if letter.thread_id:
        root = f"<thread.{letter.thread_id}@{domain}>"
        headers |= {"In-Reply-To": root, "References": root}
    if letter.unsubscribe_url:
        headers |= {
            "List-Unsubscribe": f"<{letter.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return headers
