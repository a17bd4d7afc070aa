"""What stands behind the question mark: only what a route asks for, and each word once.

A parameter that is misspelt must not be passed over: who asks for `as-of` would be told of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from typing import get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from api.problems import INVALID, ProblemError


def check_query(request: Request) -> None:
    """Refuse parameters that the route does not know, or that are given twice.

    Raises:
        ProblemError: 400, with the name that was perhaps meant.
    """
    route = request.scope.get("route")
    if not request.scope["query_string"] or not isinstance(route, APIRoute):
        return
    known = _known(route)
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; is it {near[0]}?" if near else ""
            raise ProblemError(INVALID, f"{route.path} has no parameter {name}{hint}")
        if times > 1 and not known[name]:
            raise ProblemError(INVALID, f"{name} is given {times} times")


def _known(route: APIRoute) -> Mapping[str, bool]:
    """Give the parameters of a route, and whether each may be given more than once."""
    return {
        one.alias: get_origin(one.field_info.annotation) in {list, tuple, set}
        for one in get_flat_params(route.dependant)
        if isinstance(one.field_info, Query)
    }
