"""Operations: processes and commands."""
