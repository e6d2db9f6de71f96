"""Which page is at which path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pipeline.local import states
from pipeline.local.context import Context
from pipeline.local.logs import Logs
from pipeline.local.pages.archives import Archives
from pipeline.local.pages.endpoints import endpoint_page
from pipeline.local.pages.jobs import job_page
from pipeline.local.pages.links import KINDS
from pipeline.local.pages.models import model_page
from pipeline.local.pages.overview import overview
from pipeline.local.pages.rendering import asset, page
from pipeline.local.pages.request import PageRequest
from pipeline.local.pages.trial import Trial
from pipeline.local.wire import Reply


@dataclass(frozen=True)
class Views:
    """The pages; what they show is read anew for each request. May be shared by threads."""

    context: Context
    logs: Logs
    archives: Archives
    variables: Mapping[str, str]

    def read(self, request: PageRequest) -> Reply:
        """The page at a request's path."""
        if request.path == "/":
            return page("overview.j2", variables=self.variables, **overview(self.context, request.query))
        match request.parts:
            case ["jobs", kind, name] if kind in KINDS:
                return self.job(KINDS[kind], name, request.query)
            case ["models", name]:
                return self.model(name)
            case ["endpoints", name]:
                return self.endpoint(name, request.query)
            case [name] if found := asset(name):
                return found
        return self.refused(HTTPStatus.NOT_FOUND, "There is no such page.")

    def job(self, kind: str, name: str, query: Mapping[str, str]) -> Reply:
        """A job's page."""
        job = self.context.store.find(kind, name)
        if job is None:
            return self._missing(kind, name)
        return page("job.j2", **job_page(self.context, self.logs, job, query))

    def model(self, name: str) -> Reply:
        """A model's page."""
        model = self.context.store.find(states.MODEL, name)
        if model is None:
            return self._missing(states.MODEL, name)
        return page("model.j2", **model_page(self.context, self.archives, model))

    def endpoint(self, name: str, query: Mapping[str, str], trial: Trial | None = None) -> Reply:
        """An endpoint's page, with the prediction that was tried on it."""
        endpoint = self.context.store.find(states.ENDPOINT, name)
        if endpoint is None:
            return self._missing(states.ENDPOINT, name)
        values = endpoint_page(self.context, self.logs, self.archives, endpoint, query=query, trial=trial)
        return page("endpoint.j2", **values)

    def refused(self, status: HTTPStatus, words: str) -> Reply:
        """A page that says why there is none."""
        return page("refused.j2", status, title=status.phrase, words=words)

    def _missing(self, kind: str, name: str) -> Reply:
        return self.refused(HTTPStatus.NOT_FOUND, f"There is no {kind.replace('-', ' ')} of the name {name}.")
