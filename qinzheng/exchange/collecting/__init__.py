"""Cases of systems that stay where they are, read through a mapping and reconciled with their source (ADR 0021)."""
