"""Clusters, mixtures and topics."""
