"""What the end-to-end tests stand on: a machine with Docker and a Git server, an installation, repositories, load."""
