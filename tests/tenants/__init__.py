"""Actors, permissions and the vault."""
