"""The rules: YAML files, validated, linked and compiled into the knowledge that a decision is made from."""
