"""The admin: conversations and their log are read, reports are worked off."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import services
from chat.models import Block, Conversation, ConversationEvent, Message, Report
from chat.tests.staging import group_of, say
from wholexale.common.testing import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MODELS = ["conversation", "message", "conversationevent", "block", "report"]


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def history(talk: Conversation, buyer: User, seller: User) -> Message:
    message = say(talk, buyer, "Rude <b>words</b>")
    services.react(actor=seller, message_id=message.id, emoji="x")
    services.report(actor=seller, message_id=message.id, reason="Rude")
    services.block(actor=seller, user_id=buyer.id)
    return message


def changelist(model: str) -> str:
    return reverse(f"admin:chat_{model}_changelist")


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("query", ["", "?q=buyer", "?q=rude", "?q=%27%20%26", "?q=%00"])
def test_every_list_opens_and_searches(desk: Client, model: str, query: str) -> None:
    assert desk.get(changelist(model) + query).status_code == 200


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("model", [Conversation, Message, ConversationEvent, Block, Report])
def test_every_row_opens_and_nothing_can_be_written(desk: Client, model: Any) -> None:
    row = model.objects.first()
    url = reverse(f"admin:chat_{model._meta.model_name}_change", args=[row.pk])

    page = desk.get(url)

    assert page.status_code == 200
    assert b"_save" not in page.content
    assert desk.post(url, {"content": "x"}).status_code == 403
    assert desk.get(reverse(f"admin:chat_{model._meta.model_name}_add")).status_code == 403


def test_messages_are_found_by_words_and_by_ids(desk: Client, history: Message, buyer: User) -> None:
    for text, count in (("rude", 1), ("polite", 0), (history.id, 1), (buyer.id, 1), (history.conversation_id, 1)):
        page = desk.get(changelist("message"), {"q": str(text)})
        assert page.context["cl"].result_count == count

    assert b"<b>words" not in desk.get(changelist("message")).content


def test_a_conversation_leads_to_its_messages(desk: Client, history: Message) -> None:
    page = desk.get(reverse("admin:chat_conversation_change", args=[history.conversation_id]))

    link = f"{changelist('message')}?conversation_id={history.conversation_id}"
    assert link.encode() in page.content
    assert desk.get(link).context["cl"].result_count == 1


@pytest.mark.parametrize("count", [1, 15])
@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_queries_for_any_number(
    desk: Client, model: str, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        one, other, third = (make_person(f"{name}{number}") for name in ("a", "b", "c"))
        message = say(group_of(one, other, third), one)
        services.react(actor=other, message_id=message.id, emoji="x")
        services.report(actor=other, message_id=message.id, reason="x")
        services.block(actor=one, user_id=other.id)

    with django_assert_max_num_queries(6):
        desk.get(changelist(model))


def act(desk: Client, action: str, reason: str) -> None:
    ids = [str(pk) for pk in Report.objects.values_list("id", flat=True)]
    fields = {"action": action, "resolution": reason, "_selected_action": ids}
    assert desk.post(changelist("report"), fields).status_code == 302


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(("action", "status"), [("resolve", "resolved"), ("dismiss", "dismissed")])
def test_reports_are_closed_with_a_reason(desk: Client, staff: User, action: str, status: str) -> None:
    act(desk, action, "")
    assert Report.objects.get().status == "open"

    act(desk, action, "Warned the sender")
    act(desk, action, "Again")

    report = Report.objects.get()
    assert (report.status, report.resolution, report.handled_by) == (status, "Warned the sender", staff)


@pytest.mark.usefixtures("history")
def test_the_queue_shows_open_reports_first(desk: Client, staff: User, buyer: User, outsider: User) -> None:
    first = Report.objects.get()
    services.resolve_report(actor=staff, report_id=first.id, status="resolved", resolution="x")
    second = services.report(actor=buyer, user_id=outsider.id, reason="x")

    page = desk.get(changelist("report"))

    assert [row.id for row in page.context["cl"].result_list] == [second.id, first.id]
    assert desk.get(changelist("report"), {"status__exact": "open"}).context["cl"].result_count == 1


def test_people_who_are_no_staff_do_not_get_in(talk: Conversation, buyer: User) -> None:
    client = Client()
    client.force_login(buyer)

    assert client.get(changelist("message")).status_code == 302
