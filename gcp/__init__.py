"""Google Cloud's edges: one file per product, in Google's own words."""
