"""The plots, one file each: numbers in, a `Plot` out."""
