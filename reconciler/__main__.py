"""`python -m reconciler`: the command line without an installed script."""

import sys

from reconciler.cli import main

if __name__ == "__main__":
    sys.exit(main())
