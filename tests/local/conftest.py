"""Fixtures that the tests of endpoints and transform jobs share."""

from endpoint_cases import archives, bench, make_bench, store_client
from service_cases import service

__all__ = ["archives", "bench", "make_bench", "service", "store_client"]
