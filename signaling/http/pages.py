"""The page and its modules: files of ``web/``, never anything else."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

# Only these leave the folder; the package's Python files do not.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_CACHE = "no-cache"  # kept, but asked for by ETag each time: a new server means a new page


class Pages:
    """Serves one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def index(self, request: web.Request) -> web.StreamResponse:
        """The one page; what it shows depends on the address, and any share link gets it."""
        return self._file(self._folder / "index.html")

    async def static(self, request: web.Request) -> web.StreamResponse:
        return self._file(self._folder / request.match_info["path"])

    def _file(self, path: Path) -> web.StreamResponse:
        try:
            wanted = path.resolve()
            inside = wanted.is_relative_to(self._folder) and wanted.is_file()
        except (OSError, ValueError):  # a NUL byte, a name too long
            raise web.HTTPNotFound from None
        kind = _TYPES.get(wanted.suffix)
        if not inside or kind is None:
            raise web.HTTPNotFound
        return web.FileResponse(wanted, headers={"Content-Type": kind, "Cache-Control": _CACHE})


def add_routes(app: web.Application, folder: Path) -> None:
    pages = Pages(folder)
    app.router.add_get("/", pages.index)
    app.router.add_get("/s/{token}", pages.index)
    app.router.add_get("/static/{path:.+}", pages.static)
