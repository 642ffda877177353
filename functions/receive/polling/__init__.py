"""Fetch applications from platforms that do not deliver them."""
