"""`python -m api.cli` is `mastery`."""

from api.cli.main import main

if __name__ == "__main__":
    main()
