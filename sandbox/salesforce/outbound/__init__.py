"""Outbound messages: definitions, the queue with its retries, the SOAP text, the sending."""
