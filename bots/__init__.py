"""Headless participants."""
