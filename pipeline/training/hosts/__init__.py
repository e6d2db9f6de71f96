"""Several hosts that train one model: how they find each other, agree, and end together."""
