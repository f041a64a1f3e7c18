"""The commands put together, and errors turned into one line and an exit status.

Results go to stdout, progress and errors to stderr. Exit status: 0 done; 1 a run could not complete, or a criterion
failed; 2 bad usage or bad input; 3 a certification is inconclusive; 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import typer
from typer.exceptions import TyperException

from qkdsim.cli.certify import certify
from qkdsim.cli.check import check
from qkdsim.cli.compare import compare
from qkdsim.cli.distill import distill
from qkdsim.cli.exposure import exposure
from qkdsim.cli.generate import generate
from qkdsim.cli.import_network import import_network
from qkdsim.cli.list_shipped import list_shipped
from qkdsim.cli.passes import passes
from qkdsim.cli.plot import app as plot_app
from qkdsim.cli.rate import rate
from qkdsim.cli.run import run
from qkdsim.cli.vectors import vectors
from qkdsim.cli.verify import signing_key, verify
from qkdsim.errors import InputError, QkdsimError

INTERRUPTED = 130
SHOWN_PROBLEMS = 3  # more are counted, and left to `qkdsim check`

app = typer.Typer(
    name="qkdsim",
    help="QKD network testbed simulator: from device profiles to key blocks, key stores, demands and a report.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.command("run")(run)
app.command("rate")(rate)
app.command("distill")(distill)
app.command("vectors")(vectors)
app.command("passes")(passes)
app.command("exposure")(exposure)
app.add_typer(plot_app, name="plot")
app.command("import")(import_network)
app.command("generate")(generate)
app.command("certify")(certify)
app.command("compare")(compare)
app.command("list")(list_shipped)
app.command("check")(check)
app.command("verify")(verify)
app.command("signing-key")(signing_key)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and leave."),
) -> None:
    if version:
        from qkdsim import __version__

        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status. Errors are one line on stderr, never a traceback."""
    interrupts = _Interrupts()
    try:
        status = app(args=list(sys.argv[1:] if argv is None else argv), prog_name="qkdsim", standalone_mode=False)
    except QkdsimError as error:
        lines = error.problems if isinstance(error, InputError) and len(error.problems) <= SHOWN_PROBLEMS else (error,)
        for line in lines:
            typer.echo(f"qkdsim: {line}", err=True)
        return error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except TyperException as error:
        message = getattr(error, "format_message", error.__str__)()
        typer.echo(f"qkdsim: {' '.join(str(message).split())} (see `qkdsim --help`)", err=True)
        return 2
    except (ImportError, SystemError):
        if not interrupts.seen:
            raise
        status = INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # the reader of our output went away, e.g. `| head` (typer then raises SystemExit); quiet the last flush, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        typer.echo(f"qkdsim: cannot write: {error.strerror}", err=True)
        return 1
    if status == INTERRUPTED:  # typer turns Ctrl-C into this status by itself
        typer.echo("qkdsim: interrupted; nothing was written", err=True)
    return status if isinstance(status, int) else 0


class _Interrupts:
    """Remembers Ctrl-C: while modules are being imported an interrupt can come out as another error."""

    def __init__(self) -> None:
        self.seen = False
        with suppress(ValueError):  # not in the main thread: nothing to handle
            signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, number: int, frame: object) -> None:
        self.seen = True
        raise KeyboardInterrupt
