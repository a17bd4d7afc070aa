"""Sends problems: every error of the application is answered with one (`api.problems`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from api.bodies import fault_of_encoding
from api.problems import (
    FAILED,
    INVALID,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    OF_STATUS,
    UNAVAILABLE,
    Fault,
    Kind,
    Problem,
    ProblemError,
    described,
    problem_of,
)
from ledger.errors import LedgerError

RETRY_AFTER_S = 2


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Send a problem, with the headers its status calls for."""
    given = dict(headers or {})
    if problem.status == UNAVAILABLE.status:
        given.setdefault("retry-after", str(RETRY_AFTER_S))
    body = msgspec.json.encode(problem)
    return Response(body, problem.status, given, media_type=MEDIA_TYPE)


def methods_of(request: Request) -> set[str]:
    """Give every method that some route of this path takes (RFC 9110, 10.2.1)."""
    app: FastAPI = request.app
    return {
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        for route in app.routes
        if route.matches({**request.scope, "method": method})[0] == Match.FULL
    }


def install(app: FastAPI) -> None:
    """Answer every error of this application with a problem."""

    @app.exception_handler(LedgerError)
    async def _ledger(_request: Request, error: LedgerError) -> Response:
        return respond(problem_of(error))

    @app.exception_handler(ProblemError)
    async def _route(_request: Request, error: ProblemError) -> Response:
        return respond(described(error.kind, error.detail, error.faults), error.headers)

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> Response:
        if (compressed := fault_of_encoding(request)) is not None:
            return await _route(request, compressed)
        faults = tuple(map(_validation_fault, error.errors()))
        return respond(described(INVALID, f"{len(faults)} in this request", faults))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        # A framework that could not read the body does not say that it was compressed.
        if error.status_code == 400 and (compressed := fault_of_encoding(request)) is not None:
            return await _route(request, compressed)
        kind = OF_STATUS.get(error.status_code) or Kind(
            "http", error.status_code, str(error.detail)
        )
        headers = error.headers
        if kind == METHOD_NOT_ALLOWED:
            headers = {"allow": ", ".join(sorted(methods_of(request)))}
        return respond(described(kind, None), headers)

    @app.exception_handler(ClientDisconnect)
    async def _gone(_request: Request, _error: ClientDisconnect) -> Response:
        return respond(described(INVALID, "the body was not sent whole"))  # nobody reads it

    @app.exception_handler(Exception)
    async def _unforeseen(_request: Request, _error: Exception) -> Response:
        return respond(described(FAILED, None))

    # Registered above by the decorators; naming them tells the type checker that they are used.
    _ = (_ledger, _route, _validation, _http, _gone, _unforeseen)


def _validation_fault(error: Mapping[str, Any]) -> Fault:
    where, *path = error["loc"]
    reason = str(error["msg"])
    if where == "body":
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return Fault(reason, pointer="".join(f"/{step}" for step in steps))
    return Fault(reason, parameter=".".join(map(str, path)) or str(where))
