"""python -m beholden."""

from beholden.cli import main

if __name__ == "__main__":
    main()
