"""Google Cloud on loopback: what the real clients need to deploy to Cloud Run, in Google's own words."""
