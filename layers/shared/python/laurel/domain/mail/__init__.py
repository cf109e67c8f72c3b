"""Mails that rules send, and the templates that they are made of."""
