"""The figures of `offers/analytics`, reckoned a second time: plain loops over every event, and no SQL."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import User
from offers.models import Offer, OfferEvent, OfferLine, Order
from wholexale.common.clock import database_now
from wholexale.common.measures import from_milli
from wholexale.common.money import from_minor

CLOSED = ("accepted", "rejected", "expired", "withdrawn", "cancelled")


def percent(part: int, whole: int) -> Decimal:
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


class Books:
    """What one person would count, with a question as clients put it."""

    def __init__(self, viewer: User, **query: Any) -> None:
        """Read everything."""
        membership = getattr(viewer, "membership", None)
        self.business = membership.business_id if membership else None
        self.zone = ZoneInfo(membership.business.time_zone if membership else "UTC")
        self.query, self.now = query, database_now()
        self.steps: dict[Any, list[OfferEvent]] = defaultdict(list)
        for step in OfferEvent.objects.order_by("seq"):
            self.steps[step.offer_id].append(step)
        self.offers = [offer for offer in Offer.objects.order_by("id") if self._is_counted(offer)]

    def _is_counted(self, offer: Offer) -> bool:
        sides = {"buyer": (offer.buyer_id, offer.buyer_user_id), "seller": (offer.seller_id, offer.seller_user_id)}
        role, member = self.query.get("role", "all"), self.query.get("member")
        chosen = [
            who
            for side, who in sides.items()
            if role in {side, "all"} and self.business in {None, who[0]} and member in {None, str(who[1])}
        ]
        was_sent = any(step.action == "sent" for step in self.steps[offer.id])
        return bool(chosen) and was_sent and self.query.get("currency", offer.currency) == offer.currency

    def is_within(self, moment: datetime) -> bool:
        def edge(text: str, days: int) -> datetime:
            if "T" in text:
                return datetime.fromisoformat(text)
            return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time.min, self.zone)

        start, end = self.query.get("from"), self.query.get("to")
        return (start is None or moment >= edge(start, 0)) and (end is None or moment < edge(end, 1))

    def period(self, moment: datetime) -> str:
        day = moment.astimezone(self.zone).date()
        by = self.query.get("groupBy", "day")
        first = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[by]
        return first.isoformat()

    def closings(self) -> Iterable[tuple[Offer, OfferEvent]]:
        for offer in self.offers:
            last = [step for step in self.steps[offer.id] if step.action in {*CLOSED, "revised"}][-1:]
            if last and last[0].action != "revised" and self.is_within(last[0].created_at):
                yield offer, last[0]

    def funnel(self) -> dict[str, Any]:
        series, totals = _tables()
        for offer in self.offers:
            if self.is_within(offer.created_at):
                reached = {step.action for step in self.steps[offer.id]}
                for table in (series[self.period(offer.created_at), offer.currency], totals[offer.currency]):
                    for name, action in (
                        ("sent", "sent"), ("viewed", "viewed"), ("countered", "countered"), ("accepted", "accepted"),
                        ("settled", "completed"),
                    ):  # fmt: skip
                        table[name] += action in reached
        return {"series": _series(series), "totals": _totals(totals)}

    def outcomes(self) -> dict[str, Any]:
        series, totals = _tables()
        for offer, step in self.closings():
            for table in (series[self.period(step.created_at), offer.currency], totals[offer.currency]):
                table.update(dict.fromkeys(CLOSED, 0))
                table.update(["closed", step.action])
        rates = {"acceptance": "accepted", "rejection": "rejected", "expiry": "expired", "withdrawal": "withdrawn"}
        return {
            "series": _series(series),
            "totals": [
                row | {f"{name}Rate": percent(row[word], row["closed"]) for name, word in rates.items()}
                for row in _totals(totals)
            ],
        }

    def response_times(self) -> dict[str, Any]:
        times: dict[str, list[timedelta]] = defaultdict(list)
        waiting: Counter[tuple[str, bool]] = Counter()
        for offer in self.offers:
            (sent,) = [step for step in self.steps[offer.id] if step.action == "sent"]
            if self.is_within(sent.created_at):
                times[offer.currency] += []
                answers = [
                    step.created_at
                    for step in self.steps[offer.id]
                    if step.side == "seller" and step.action in {"countered", "accepted", "rejected"}
                ]
                if answers:
                    times[offer.currency].append(answers[0] - sent.created_at)
                else:
                    waiting[offer.currency, offer.is_open and offer.expires_at > self.now] += 1
        return {
            "rows": [row for currency in sorted(times) for row in _histogram(currency, times[currency])],
            "totals": [
                {
                    "currency": currency, "answered": len(times[currency]), "censored": waiting[currency, True],
                    "unanswered": waiting[currency, False], "p50": _rank(times[currency], 50),
                    "p90": _rank(times[currency], 90),
                }
                for currency in sorted(times)
            ],
        }  # fmt: skip

    def rounds(self) -> dict[str, Any]:
        closed: Counter[tuple[str, int]] = Counter()
        accepted: Counter[tuple[str, int]] = Counter()
        given: dict[tuple[str, str], list[int]] = defaultdict(list)
        for offer, step in self.closings():
            before = [one for one in self.steps[offer.id] if one.seq < step.seq]
            many = sum(one.action in {"sent", "countered", "revised"} for one in before)
            closed[offer.currency, many] += 1
            if step.action == "accepted":
                accepted[offer.currency, many] += 1
                self._note_bargain(given, offer, step)
        rows = [
            {"currency": currency, "rounds": many, "closed": count, "accepted": accepted[currency, many]}
            for (currency, many), count in sorted(closed.items())
        ]
        return {"rows": rows, "totals": [_rounds_total(one, rows, given) for one in sorted({one for one, _ in closed})]}

    def _note_bargain(self, given: dict[tuple[str, str], list[int]], offer: Offer, accepting: OfferEvent) -> None:
        (sent,) = [step for step in self.steps[offer.id] if step.action == "sent"]
        lines = {
            line.revision.number: line
            for line in OfferLine.objects.filter(revision__offer=offer, position=1).select_related("revision")
        }
        first, agreed = lines[sent.revision], lines[accepting.revision]
        original = agreed.original_unit_price
        given[offer.currency, "discount"].append(_hundredths(original, agreed.unit_price))
        if first.product_ref == agreed.product_ref:
            given[offer.currency, "concession"].append(_hundredths(first.unit_price, agreed.unit_price))

    def gmv(self) -> dict[str, Any]:
        series, totals = _tables()
        for offer in self.offers:
            for step in self.steps[offer.id]:
                if step.action not in {"accepted", "completed"} or not self.is_within(step.created_at):
                    continue
                order = Order.objects.select_related("invoice").get(offer=offer)
                name = "settled" if step.action == "completed" else "accepted"
                amount = order.total if name == "accepted" else _total_of(order.invoice)
                for table in (series[self.period(step.created_at), offer.currency], totals[offer.currency]):
                    table.update({f"{name} orders": 1, f"{name} amount": amount})
        return {
            "series": [
                {"day": day, "currency": currency, **_volumes(currency, table)}
                for (day, currency), table in sorted(series.items())
            ],
            "totals": [
                {"currency": currency, **_volumes(currency, table)} for currency, table in sorted(totals.items())
            ],
        }

    def top(self, kind: str) -> list[dict[str, Any]]:
        """Return the places of products or counterparties, by `by`."""
        groups: dict[Any, list[Any]] = defaultdict(list)
        for offer in self.offers:
            if not any(step.action == "accepted" and self.is_within(step.created_at) for step in self.steps[offer.id]):
                continue
            for line in offer.order.lines.select_related("order"):
                groups[self._key(kind, offer, line)].append(line)
        places: Counter[str] = Counter()
        rows = []
        for key, lines in sorted(groups.items(), key=lambda item: self._place(*item)):
            places[key[0]] += 1
            if places[key[0]] <= 10:
                rows.append(_ranked(places[key[0]], key, lines))
        return rows

    def _key(self, kind: str, offer: Offer, line: Any) -> tuple[Any, ...]:
        if kind == "products":
            return offer.currency, offer.seller_id, line.product_ref, line.unit
        stands = {"seller": offer.seller_id}.get(self.query.get("role", ""), offer.buyer_id)
        own = self.business or stands
        return offer.currency, offer.seller_id if own == offer.buyer_id else offer.buyer_id

    def _place(self, key: tuple[Any, ...], lines: list[Any]) -> tuple[Any, ...]:
        amount = sum(line.total for line in lines)
        by: dict[str, Callable[[], int]] = {
            "amount": lambda: amount,
            "quantity": lambda: sum(line.quantity for line in lines),
            "offers": lambda: len({line.order_id for line in lines}),
        }
        return key[0], -by[self.query.get("by", "amount")](), -amount, min(line.order.number for line in lines)


def _tables() -> tuple[dict[tuple[str, str], Counter[str]], dict[str, Counter[str]]]:
    return defaultdict(Counter), defaultdict(Counter)


def _series(tables: dict[tuple[str, str], Counter[str]]) -> list[dict[str, Any]]:
    return [{"day": day, "currency": currency, **table} for (day, currency), table in sorted(tables.items())]


def _totals(tables: dict[str, Counter[str]]) -> list[dict[str, Any]]:
    return [{"currency": currency, **table} for currency, table in sorted(tables.items())]


def _rank(times: list[timedelta], percentile: int) -> int | None:
    """Return the time at a percentile by the nearest rank, in milliseconds."""
    if not times:
        return None
    return sorted(times)[-(-len(times) * percentile // 100) - 1] // timedelta(milliseconds=1)


def _histogram(currency: str, times: list[timedelta]) -> list[dict[str, Any]]:
    edges = [timedelta(0), *(timedelta(hours=hours) for hours in (1, 4, 24, 72)), timedelta.max]
    return [
        {"currency": currency, "underHours": hours, "answered": sum(low <= one < high for one in times)}
        for hours, low, high in zip([1, 4, 24, 72, None], edges, edges[1:], strict=False)
    ]


def _hundredths(price: int, agreed: int) -> int:
    exact = Decimal(10_000 * (price - agreed)) / price
    return int((exact + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))


def _rounds_total(currency: str, rows: list[dict[str, Any]], given: dict[tuple[str, str], list[int]]) -> dict[str, Any]:
    own = [row for row in rows if row["currency"] == currency]
    closed = sum(row["closed"] for row in own)
    total: dict[str, Any] = {
        "currency": currency,
        "closed": closed,
        "accepted": sum(row["accepted"] for row in own),
        "averageRounds": percent(sum(row["rounds"] * row["closed"] for row in own), 100 * closed),
    }
    for name in ("concession", "discount"):
        values = sorted(given[currency, name])
        average = percent(sum(values), 10_000 * len(values)) if values else None
        median = Decimal(values[(len(values) - 1) // 2]).scaleb(-2) if values else None
        total[name] = {"offers": len(values), "average": average, "median": median}
    return total


def _total_of(invoice: Any) -> int:
    return int(invoice.total)


def _volumes(currency: str, table: Counter[str]) -> dict[str, Any]:
    return {
        name: {
            "orders": table[f"{name} orders"],
            "amount": from_minor(table[f"{name} amount"], currency),
            "amountMinor": table[f"{name} amount"],
        }
        for name in ("accepted", "settled")
    }


def _ranked(rank: int, key: tuple[Any, ...], lines: list[Any]) -> dict[str, Any]:
    amount = sum(line.total for line in lines)
    row = {
        "rank": rank,
        "currency": key[0],
        "business": str(key[1]),
        "offers": len({line.order_id for line in lines}),
        "quantity": from_milli(sum(line.quantity for line in lines)),
        "amount": from_minor(amount, key[0]),
        "amountMinor": amount,
    }
    if len(key) > 2:
        row |= {"productId": key[2], "unit": key[3]}
        row["name"] = max(lines, key=lambda line: line.order.number).name
    return row
