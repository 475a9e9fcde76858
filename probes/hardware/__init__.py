"""One file per family of devices: pure `parse_*` functions, and a thin `detect(reader)`."""
