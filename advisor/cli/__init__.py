"""The command line: one file per command, thin; stdout carries data, stderr everything else."""
