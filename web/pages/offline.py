"""The page that checks proofs in the browser, under one address for all languages, with a policy of its own."""

from typing import Final

from aiohttp import web as aioweb

from web import keys
from web.offline_page import PATH
from web.pages.route import Route


async def show(request: aioweb.Request) -> aioweb.Response:
    """Answer with the page, whose bytes depend on nothing but the node's version."""
    found = request.app[keys.OFFLINE]
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": found.policy,
        "Cache-Control": "public, no-cache",
        "ETag": f'"{found.sha256}"',
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return aioweb.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return aioweb.Response(body=found.gzipped, headers={**headers, "Content-Encoding": "gzip"})
    return aioweb.Response(body=found.body, headers=headers)


ROUTES: Final = (Route("GET", PATH, show),)
