"""Development and tests: nothing leaves the machine. Every letter is kept, for `/dev/outbox`."""

from typing import ClassVar

from notifications.channels.base import Letter, Sent
from notifications.channels.headers import mail_headers
from notifications.models import StoredLetter


class StoredChannel:
    """Stands for a provider that takes everything."""

    is_safe_to_repeat: ClassVar[bool] = True

    def __init__(self, name: str) -> None:
        """Take the name of the channel that it stands for."""
        self.name = name

    def send(self, letter: Letter) -> Sent:
        """Keep a letter; one that comes again takes the place of the first."""
        stored, _ = StoredLetter.objects.update_or_create(
            delivery_id=letter.delivery_id,
            defaults={
                "channel": self.name,
                "to": letter.to or str(letter.user_id),
                "type": letter.type,
                "language": letter.language,
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
                "headers": mail_headers(letter) if self.name == "email" else {},
                "data": dict(letter.data),
            },
        )
        return Sent(provider="outbox", provider_id=str(stored.id))


def build(name: str) -> StoredChannel:
    """Return the outbox in place of a channel."""
    return StoredChannel(name)
