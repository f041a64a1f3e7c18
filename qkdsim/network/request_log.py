"""Requests in order of arrival, handed on when they are settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qkdsim.network.request import KeyRequest

_LENGTH = 50_000  # settled requests are handed on when so many have gathered


class RequestLog:
    """Keeps requests until they, and all that came before them, are settled."""

    def __init__(self, on_settled: Callable[[Sequence[KeyRequest]], None] | None) -> None:
        """`on_settled` gets settled requests in order of arrival, in large lots."""
        self._on_settled = on_settled
        self._requests: list[KeyRequest] = []
        self._limit = _LENGTH

    def add(self, request: KeyRequest) -> None:
        """A request has arrived."""
        self._requests.append(request)
        if len(self._requests) >= self._limit:
            self.hand_over()

    def hand_over(self) -> None:
        """Hand settled requests on, up to the first that is not."""
        settled = next((i for i, request in enumerate(self._requests) if not request.outcome), len(self._requests))
        if settled and self._on_settled is not None:
            self._on_settled(self._requests[:settled])
        del self._requests[:settled]
        self._limit = len(self._requests) + _LENGTH
