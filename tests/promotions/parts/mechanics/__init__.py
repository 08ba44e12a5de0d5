"""Tests of mechanics: the seeds' numbers, the edges, and what holds of any purchase; no database."""
