"""Webhooks: programs of a council told at once what came about, each under an address of theirs."""
