"""The way in and out for machines: Kafka relay, inbound topic, workers and webhooks.

Not here: any rule about evidence or mastery, and the HTTP surface (api).
"""
