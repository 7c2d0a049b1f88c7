"""What people type about notices and webhooks, checked."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from web.forms import Form, Goals, Line, fault_at
from web.marking import N_
from web.notices_port import ADDRESS_CHARACTERS_MAX, LEADS_MS, Choice, NoticeChoices, Rhythm
from web.webhooks_port import URL_CHARACTERS_MAX, HookEvent
from web.zones import known_zones

OWN_LANGUAGE: Final = ""


class AddressForm(Form):
    """An e-mail address."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "address": N_("Type an e-mail address, such as name@example.org."),
        "address.too_long": N_("The address is too long."),
    }

    address: Annotated[Line, Field(min_length=3, max_length=ADDRESS_CHARACTERS_MAX, pattern=r"^[^@\s]+@[^@\s]+$")]


class ChoicesForm(Form):
    """What an account wants to be told, how often, and in which language."""

    MANY = frozenset({"kinds", "goals"})
    MESSAGES: ClassVar[Mapping[str, str]] = {
        "kinds": N_("Choose among the kinds of notices."),
        "goals": N_("Choose among the seventeen goals."),
        "lead": N_("Choose when the reminder comes."),
        "rhythm": N_("Choose how often."),
        "hour": N_("Choose an hour of the day."),
        "weekday": N_("Choose a day of the week."),
        "zone": N_("Choose a time zone of the list."),
        "notice_lang": N_("Choose a language of the list."),
    }

    kinds: tuple[Choice, ...] = ()
    goals: Goals = ()
    lead: int
    rhythm: Rhythm
    hour: Annotated[int, Field(ge=0, le=23)]
    weekday: Annotated[int, Field(ge=0, le=6)]
    zone: Annotated[str, Field(max_length=64)]
    notice_lang: Annotated[str, Field(max_length=16)] = OWN_LANGUAGE

    @model_validator(mode="after")
    def _is_offered(self) -> Self:
        if self.lead not in LEADS_MS:
            raise fault_at("lead")
        if self.zone not in known_zones():
            raise fault_at("zone")
        return self

    @property
    def choices(self) -> NoticeChoices:
        """What was chosen."""
        return NoticeChoices(
            kinds=frozenset(self.kinds),
            goals=self.goals,
            lead_ms=self.lead,
            rhythm=self.rhythm,
            hour=self.hour,
            weekday=self.weekday,
            zone=self.zone,
            lang=self.notice_lang or None,
        )


class HookForm(Form):
    """A new webhook."""

    MANY = frozenset({"events"})
    MESSAGES: ClassVar[Mapping[str, str]] = {
        "url": N_("Type an address that begins with https://."),
        "url.too_long": N_("Shorten the address to 500 characters."),
        "events": N_("Choose at least one event."),
    }

    url: Annotated[Line, Field(min_length=8, max_length=URL_CHARACTERS_MAX, pattern=r"^https?://\S+$")]
    events: Annotated[tuple[HookEvent, ...], Field(min_length=1)]
