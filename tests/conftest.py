"""Command lines as tests run them."""

import pytest

from ictal import cli
from ictal.cli import output


@pytest.fixture
def ictal_(capfd, monkeypatch):
    """Run a command line; it must end well and, but for progress, say only `err` on stderr. Gives stdout."""
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)  # no progress in between, however slow the machine

    def run(*arguments, err=""):
        code = cli.run(list(arguments))
        out, told = capfd.readouterr()
        assert code == 0, told
        assert told == err
        return out

    return run


@pytest.fixture
def refused(capfd, monkeypatch):
    """Run a command line; it must end with exit code 2 and one line on stderr. Gives that line."""
    monkeypatch.setattr(output, "FIRST_LINE", 1e9)

    def run(*arguments):
        code = cli.run(list(arguments))
        out, told = capfd.readouterr()
        assert code == 2, told
        assert out == ""
        assert told.startswith("ictal: ")
        assert told.count("\n") == 1
        return told

    return run


@pytest.fixture(scope="module")
def one_thread():
    """One thread of torch: small networks in two processes at once wait for each other's threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
