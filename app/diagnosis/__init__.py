"""Diagnosis: what somebody printed, and the source at that commit, become Findings. Pure: no network, no clock."""

from app.diagnosis.engine import Diagnosis, diagnose
from app.diagnosis.files import Files

__all__ = ["Diagnosis", "Files", "diagnose"]
