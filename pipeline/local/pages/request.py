"""Which requests are a browser's for a page, and which of them may change something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

# No bucket has a name of one character, so that no object has this path.
PREFIX = "/-/"
READING = frozenset({"GET", "HEAD"})

_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_MOST_FIELDS = 16


@dataclass(frozen=True)
class PageRequest:
    """A request for a page: `path` is decoded, header names are in lower case, `body` that of a form."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def parts(self) -> list[str]:
        """What the path names below PREFIX."""
        return self.path.removeprefix(PREFIX).split("/")

    @property
    def same_origin(self) -> bool:
        """Whether a page of this very service sent it: browsers say so with every form, and no other site can."""
        site = self.headers.get("sec-fetch-site")
        if site is not None and site != "same-origin":
            return False
        origin = self.headers.get("origin")
        return site is not None if origin is None else origin == f"http://{self.headers.get('host', '')}"

    def form(self) -> dict[str, str]:
        """The fields of a form as browsers send them; raises ValueError for more than any page here has."""
        return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))


def page_request(method: str, path: str, query: str, headers: Mapping[str, str]) -> PageRequest | None:
    """The request without its body; None for one of S3's, whose paths are all that is not below PREFIX.

    `/` is S3's ListBuckets as well: a client signs that, and does not ask for HTML. `bucket.localhost` is a bucket.
    """
    try:
        if urlsplit(f"//{headers.get('host', '')}").hostname not in _HOSTS:
            return None
        fields = dict(parse_qsl(query, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return None
    signed = "authorization" in headers or "X-Amz-Signature" in fields
    start = path == "/" and method in READING and not signed and "text/html" in headers.get("accept", "")
    return PageRequest(method, path, fields, headers) if start or path.startswith(PREFIX) else None
