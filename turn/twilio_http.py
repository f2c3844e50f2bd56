"""The HTTP client handed to the twilio library: bounded in time and size, and silent.

Imported only when Twilio is configured: the library costs 0.2 s and several megabytes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import requests
from twilio.http import HttpClient
from twilio.http.response import Response

MAX_RESPONSE_BYTES = 64 * 1024
_CHUNK_BYTES = 4096


class ResponseTooLarge(requests.RequestException):
    """The answer is over `MAX_RESPONSE_BYTES`."""


class BoundedHttpClient(HttpClient):  # type: ignore[misc]
    """One request at a time over a fresh connection; blocking, for an executor thread.

    The library's own client limits each socket operation only, so an upstream that drips a byte a
    second would hold its thread for ever, and it logs every request with the account's id.
    """

    def __init__(self, limit_s: float) -> None:
        super().__init__(logging.getLogger("roda.turn.twilio"), False, limit_s)
        self._limit_s = limit_s

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        """The library's seam. Raises `requests.RequestException`."""
        deadline = time.monotonic() + self._limit_s
        with (
            requests.Session() as session,
            session.request(
                method.upper(),
                uri,
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=self._limit_s,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            body = _read(answer, deadline)
        return Response(int(answer.status_code), body.decode("utf-8", "replace"))


def _read(answer: requests.Response, deadline: float) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise ResponseTooLarge("response too large")
        if time.monotonic() > deadline:
            raise requests.Timeout("response too slow")
    return bytes(body)
