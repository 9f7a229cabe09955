"""`python -m seedbed`: the command line."""

import sys

from seedbed.cli import main

sys.exit(main())
