"""The server file of a configuration that has a command: it sets nothing, because the command and its file say all."""
