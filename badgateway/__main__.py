"""Lets `python -m badgateway` be the command line."""

from badgateway.cli.entry import main

if __name__ == "__main__":
    main()
