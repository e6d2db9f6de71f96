"""The section `ratings`: the recommender's rows, in place of features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.section import Section


class Ratings(Section):
    """Customers who rate items: one-hot rows for factorization machines."""

    customer: str = Field("customer", min_length=1, description="the column that says who rates")
    item: str = Field("item", min_length=1, description="the column that says what is rated")
    rating: str = Field("rating", min_length=1, description="the column of numbers that is learned")
    min_customer_ratings: int = Field(5, ge=1, description="customers with fewer are left out; counted once")
    min_item_ratings: int = Field(9, ge=1, description="items with fewer are left out; counted once")
    duplicates: Literal["refuse", "average"] = Field("refuse", description="where a customer rates an item again")
    positive: float = Field(
        4.0, description="ratings from here on are what recommendations are to find, and 1 to a binary_classifier"
    )
    top: int = Field(10, ge=1, le=1000, description="items a customer is recommended, when that is evaluated")
