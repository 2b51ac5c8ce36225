"""The local server: the page, the decisions, and nothing else, for one machine and one person.

It listens on 127.0.0.1 only. A web page elsewhere could still make the reviewer's browser ask it, so every request
must carry the token that was printed at start, and must name this host: a foreign name that resolves to 127.0.0.1
(DNS rebinding) is refused.
"""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dedup.decisions import dumps, loads
from dedup.errors import DedupError
from dedup.report.html import Served, content_security_policy, render
from dedup.result import Result
from dedup.review.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request], Awaitable[Response]]

HOST = "127.0.0.1"

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of a request's body: a decisions file of some hundred thousand families."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": content_security_policy(served=True) + "; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def make_token() -> str:
    """Return a new secret for one run of the server."""
    return secrets.token_urlsafe(24)


@dataclass(slots=True)
class _Refused(Exception):
    """A request that is answered with a status and a sentence."""

    status: int
    sentence: str


def application(result: Result, desk: Desk, *, token: str, port: int, lang: str = "zh") -> Starlette:
    """Return the web application.

    Parameters
    ----------
    result : Result
        With texts, if passages shall be shown.
    desk : Desk
        The reviewer's work on it.
    token : str
        What every request must carry: in the address of the page, in a header elsewhere.
    port : int
        Where it listens; part of the host name that a request must give.
    lang : str
        Language in which the page opens.

    Raises
    ------
    ParamsError
        If the language is unknown.
    """
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    page = render(result, lang=lang, served=Served(token, desk.reviewer, desk.blind))
    hosts = {f"{HOST}:{port}", f"localhost:{port}"}

    def guarded(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                _check(request, hosts, token)
                response = await handler(request)
            except _Refused as refusal:
                response = Response(refusal.sentence, refusal.status, media_type="text/plain")
            except DedupError as error:
                response = Response(str(error), 409, media_type="text/plain")
            for name, value in _HEADERS.items():
                response.headers[name] = value
            return response

        return answer

    async def home(_: Request) -> Response:
        return HTMLResponse(page)

    async def seen(_: Request) -> Response:
        return JSONResponse(desk.visible())

    async def decide(request: Request) -> Response:
        row = await _body(request)
        if not isinstance(row, dict) or not isinstance(row.get("family"), str):
            raise _Refused(400, "a decision names a family")
        verdict, reason = row.get("verdict"), row.get("reason", "")
        if not (verdict is None or isinstance(verdict, str)) or not isinstance(reason, str):
            raise _Refused(400, "verdict is a string or null, reason a string")
        desk.decide(row["family"], verdict, reason)
        return JSONResponse({"kept": True})

    async def take_in(request: Request) -> Response:
        rows = loads(json.dumps(await _body(request)), path="the imported file")
        return JSONResponse({"matched": desk.take_in(rows)})

    async def export_json(_: Request) -> Response:
        return Response(dumps(desk.export()), media_type="application/json")

    async def export_csv(_: Request) -> Response:
        return Response(desk.csv(), media_type="text/csv")

    routes: list[tuple[str, str, Handler]] = [
        ("/", "GET", home),
        ("/api/decisions", "GET", seen),
        ("/api/decisions", "POST", decide),
        ("/api/import", "POST", take_in),
        ("/api/decisions.json", "GET", export_json),
        ("/api/decisions.csv", "GET", export_csv),
    ]
    return Starlette(routes=[Route(path, guarded(handler), methods=[verb]) for path, verb, handler in routes])


def _check(request: Request, hosts: set[str], token: str) -> None:
    """Raise unless the request names this host and carries the token."""
    if request.headers.get("host", "").lower() not in hosts:
        raise _Refused(421, "this server answers to 127.0.0.1 only")
    given = request.headers.get("x-dedup-token") or request.query_params.get("token") or ""
    if not secrets.compare_digest(given.encode(), token.encode()):
        raise _Refused(403, "the token is missing or is not that of this run: use the address printed at start")


async def _body(request: Request) -> Any:
    """Return the body as JSON, or refuse it."""
    # A form can be sent across sites without asking; a body of this type cannot.
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise _Refused(415, "the body must be application/json")
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST_BODY:
            raise _Refused(413, f"the body is larger than {LARGEST_BODY} bytes")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise _Refused(400, "the body is not JSON") from None


def listen(port: int = 0) -> socket.socket:
    """Return a socket that listens on 127.0.0.1; port 0 takes a free one.

    Raises
    ------
    OSError
        If the port is taken.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        # Listening from now on: a browser that is opened before the server runs waits instead of being refused.
        bound.listen(64)
    except BaseException:
        bound.close()
        raise
    return bound


def serve(app: Starlette, bound: socket.socket) -> None:
    """Serve until interrupted."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[bound])
