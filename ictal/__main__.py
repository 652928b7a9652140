"""``python -m ictal`` is the command ``ictal``."""

from .cli import main

if __name__ == "__main__":
    main()
