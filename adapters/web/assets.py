"""Style and scripts as files of our own: named by their content, so a browser keeps them for ever.

They are read once. A page names them by `Assets.url`, which changes when the file does.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import web

STATIC: Final = Path(__file__).parent / "static"
ROUTE: Final = "/static/{name}"
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Assets:
    """The files of a folder, in memory."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        self._urls: dict[str, str] = {}
        for file in sorted(folder.iterdir()):
            kind = _TYPES.get(file.suffix)
            if kind is not None:
                body = file.read_bytes()
                name = f"{file.stem}.{sha256(body).hexdigest()[:16]}{file.suffix}"
                self._files[name] = (body, kind)
                self._urls[file.name] = f"/static/{name}"

    def url(self, name: str) -> str:
        """The address of a file, such as "base.css". Raises KeyError for one that is not there."""
        return self._urls[name]

    async def get(self, request: web.Request) -> web.Response:
        """GET of one file."""
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        body, kind = found
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)

    def routes(self) -> list[web.RouteDef]:
        """The one route of all files."""
        return [web.get(ROUTE, self.get)]
