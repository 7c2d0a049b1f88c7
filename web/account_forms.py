"""What people type to sign in and about accounts, checked."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from protocol import limits
from web.forms import Form, Line, fault_at
from web.marking import N_
from web.password_rules import PASSWORD_CHARACTERS_MAX
from web.ports import Role

LANGUAGES: Final = ("", "en", "zh", "fr", "ru", "es", "ar", "pt")
_Code = Annotated[Line, Field(min_length=6, max_length=40)]
_Id = Annotated[Line, Field(pattern=r"^[a-z0-9-]{1,64}$")]
_Language = Annotated[str, Field(pattern=f"^({'|'.join(LANGUAGES)})$")]
_Roles = Annotated[tuple[Role, ...], Field(min_length=1)]
_Sure = Annotated[Literal["yes"], BeforeValidator(lambda value: value)]


class PasswordSignInForm(Form):
    """Signing in with a password and a code. Nothing here tells whether an account exists."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "account": N_("Type your account name."),
        "password": N_("Type your password."),
        "code": N_("Type the six digits that your authenticator shows now, or a recovery code."),
    }

    account: Annotated[Line, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=PASSWORD_CHARACTERS_MAX)]
    code: _Code


class PasswordForm(Form):
    """A password that is being set."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "password": N_("Choose a password of 12 to 200 characters."),
        "password.short": N_("Choose a password of 12 to 200 characters."),
        "password.long": N_("Choose a password of 12 to 200 characters."),
        "password.simple": N_("Choose a password with more different characters."),
        "password.name": N_("Choose a password that is not made of a name of yours, your member or the federation."),
        "again": N_("Type the same password a second time."),
        "again.at:again": N_("Type the same password a second time."),
        "code": N_("Type the six digits that your authenticator shows now."),
        "code.wrong": N_("That is not what your authenticator shows now. Check its clock, and type the next code."),
    }

    ticket: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=10_000)]
    again: Annotated[str, Field(max_length=10_000)]
    code: _Code

    @model_validator(mode="after")
    def _is_same(self) -> Self:
        if self.password != self.again:
            raise fault_at("again")
        return self


class PasskeyForm(Form):
    """What a browser answered to a challenge, and what its owner calls the passkey."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "name": N_("Give the passkey a name of up to 60 characters."),
        "response": N_("Your browser sent no passkey. Try again."),
    }

    name: Annotated[Line, Field(max_length=60)] = ""
    response: Annotated[str, Field(min_length=2, max_length=32_000)]


class PersonForm(Form):
    """Somebody who is to have an account."""

    MANY = frozenset({"roles"})
    MESSAGES: ClassVar[Mapping[str, str]] = {
        "id": N_("Give an account name of 1 to 64 small letters a to z, digits and hyphens."),
        "name": N_("Give a name of 1 to 120 characters."),
        "roles": N_("Choose at least one role."),
        "lang": N_("Choose a language."),
        "sign_on": N_("Shorten this to 255 characters."),
    }

    name: Annotated[Line, Field(min_length=1, max_length=limits.NAME_CHARACTERS_MAX)]
    id: _Id
    roles: _Roles
    lang: _Language = ""
    sign_on: Annotated[Line, Field(max_length=255)] = ""


class FirstPersonForm(Form):
    """The first account of a new node."""

    MESSAGES: ClassVar[Mapping[str, str]] = {
        "id": PersonForm.MESSAGES["id"],
        "name": PersonForm.MESSAGES["name"],
        "lang": PersonForm.MESSAGES["lang"],
        "compared": N_("Compare the fingerprint first, then say so here."),
    }

    compared: _Sure
    name: Annotated[Line, Field(min_length=1, max_length=limits.NAME_CHARACTERS_MAX)]
    id: _Id
    lang: _Language = ""


class RevokeForm(Form):
    """An account that is to be revoked."""

    MESSAGES: ClassVar[Mapping[str, str]] = {"sure": N_("Say that you are sure.")}

    sure: _Sure


class LanguageForm(Form):
    """The language of an account."""

    MESSAGES: ClassVar[Mapping[str, str]] = {"lang": N_("Choose a language.")}

    lang: Annotated[str, Field(pattern=f"^({'|'.join(LANGUAGES[1:])})$")]
