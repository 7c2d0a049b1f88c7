"""A topic with its whole story: text and versions, its proposals, its rounds, and its place on the agenda."""

from typing import Final

from aiohttp import web as aioweb

from web.errors import NotFoundError
from web.item_story import on_agenda, round_stories
from web.pages.route import Route
from web.readings import reading_of, reading_values, text_languages, wants_original
from web.respond import backend_of, page, people_of, visit_of

_PROPOSALS_SHOWN: Final = 100


async def one(request: aioweb.Request) -> aioweb.Response:
    """Answer with a topic."""
    backend = backend_of(request)
    story = await backend.discussion.topic(request.match_info["topic"])
    if story is None:
        raise NotFoundError
    topic, people = story.topic, await people_of(request)
    found = await backend.discussion.proposal_summaries(topic.proposals[:_PROPOSALS_SHOWN])
    counts = await backend.discussion.comment_counts([item.id for item in found])
    reading = await reading_of(request, topic.text.hash)
    values = {
        **await reading_values(request, [topic.text.hash, *(item.text for item in found)]),
        "people": people,
        "topic": topic,
        "story": story,
        "members_in": found,
        "missing": len(topic.proposals) - len(found),
        "comment_counts": counts,
        "stories": await round_stories(request, story.rounds, topic.id, people),
        "standing": await on_agenda(request, topic.id),
        "reading": reading,
        "read_in": text_languages(reading, shows_original=wants_original(request)),
        "may_translate": visit_of(request).has_role("delegate") and topic.text.state == "held",
    }
    return page(request, "topic.html", values)


ROUTES: Final = (Route("GET", "/topics/{topic:[0-9a-f]{64}}", one),)
