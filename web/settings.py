"""What an operator sets about the pages."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class WebSettings(BaseModel):
    """How the pages are served."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] = "http://127.0.0.1:8080"
    """The address under which people reach the pages, without a slash at its end."""
    secure_cookies: bool = False
    """Whether cookies travel over TLS only; to be set wherever a proxy speaks TLS."""
    default_language: str = "en"
    """For readers whose browser asks for none of the languages there are."""
    body_bytes_max: Annotated[int, Field(ge=64 * 1024)] = 1024 * 1024
    streams_max: Annotated[int, Field(ge=1)] = 512
    """Open pages that may listen for changes at the same time."""
    sign_ins_per_minute: Annotated[int, Field(ge=1)] = 30
    """Sign-in attempts that one address may make in a minute."""
    public_pages_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    """How long a page may be shown again to readers who haven't signed in; 0 makes each anew."""
    api_points_per_minute: Annotated[int, Field(ge=1)] = 600
    """What one address without a token may ask of the interface in a minute, in points; a plain request is one."""
    api_points_per_minute_of_token: Annotated[int, Field(ge=1)] = 1_200
    """What one token may ask of the interface in a minute, in points."""
