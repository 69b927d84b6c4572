"""Definitions: law and rules as dated, sourced data; only published editions count."""
