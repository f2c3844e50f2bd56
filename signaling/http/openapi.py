"""``GET /api/v1/openapi.json``: the API, described by the types it is made of (OpenAPI 3.1).

What describes it is loaded when first asked for, and not with the server.
"""

from __future__ import annotations

import json

from aiohttp import web


class OpenApi:
    """Serves the document, made once."""

    def __init__(self) -> None:
        self._text = ""

    async def document(self, request: web.Request) -> web.Response:
        if not self._text:
            from signaling.http.openapi_document import document

            self._text = json.dumps(document(), ensure_ascii=False)
        return web.Response(text=self._text, content_type="application/json")


def add_routes(app: web.Application) -> None:
    app.router.add_get("/api/v1/openapi.json", OpenApi().document)
