"""Tests of the parts that promotions are made of: triggers, conditions, limits; no database."""
