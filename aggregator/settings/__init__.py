"""Configuration: YAML in, one frozen and validated Settings out."""
