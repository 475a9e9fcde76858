"""The program itself: which command was meant, help, version, and two readings of one command line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import advisor
from advisor.cli.main import COMMANDS, LATER
from advisor.cli.options import Options


def test_no_command_is_help_on_stderr(cli):
    done = cli()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("usage: advisor COMMAND") and done.err == cli("--help").out


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help(cli, word):
    done = cli(word)
    assert (done.code, done.err) == (0, "")
    for name, words in COMMANDS.items():
        assert f"  {name:<10} {words}\n" in done.out
    assert max(map(len, done.out.splitlines())) <= 79


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_version(cli, word):
    assert cli(word) == (0, f"advisor {advisor.__version__}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(cli, name):
    done = cli(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: advisor {name}")
    assert max(map(len, done.out.splitlines())) <= 99


@pytest.mark.parametrize("name", LATER)
def test_commands_to_come_say_so(cli, name):
    for argv in ((name,), (name, "--help"), (name, "x", "--json")):
        assert cli(*argv).is_usage_error(f"`advisor {name}`", "is not part of this version yet")


def test_the_names_of_the_interface_are_all_taken():
    expected = "recommend ask explain compare timeline probe bench scan record check report batch fleet mcp rules schema doctor"
    assert {*COMMANDS, *LATER} == set(expected.split())


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("recomend", "recommend"), ("timline", "timeline"), ("Explain", "explain"), ("schemas", "schema")],
)
def test_a_misspelt_command(cli, word, nearest):
    assert cli(word).is_usage_error(f"there is no command '{word}'", f"did you mean '{nearest}'?")


@pytest.mark.parametrize(
    "word", ["", "-", "--", "--json", "\x1b[31m", "x" * 100_000, "main", "parsing", "../x"]
)
def test_what_is_no_command_at_all(cli, word):
    done = cli(word)
    assert done.is_usage_error("there is no command")
    assert done.err[:-1].isprintable() and len(done.err) < 400


def test_as_a_module(process, rules):
    rules.texts()
    done = process("-m", "advisor", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"advisor {advisor.__version__}\n".encode(),
        b"",
    )
    done = process("-m", "advisor", "recommend", "--profile", "reserch")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"advisor: there is no profile 'reserch'") and done.stderr.count(b"\n") == 1
    assert process("-m", "advisor").returncode == 2


def test_an_error_of_the_system_is_one_line(cli, monkeypatch):
    def refuse(_pack):
        raise OSError(5, "Input/output error", "some/file")

    monkeypatch.setattr("advisor.api.load_rules", refuse)
    assert cli("recommend") == (1, "", "advisor: some/file: Input/output error\n")


def test_an_error_of_ours_keeps_its_traceback(cli, monkeypatch):
    def fail(**_more):
        raise ZeroDivisionError

    monkeypatch.setattr("advisor.api.recommend", fail)
    with pytest.raises(ZeroDivisionError):
        cli("recommend")


WORDS = st.sampled_from(
    [
        "--profile",
        "--answers",
        "--answer",
        "--rules",
        "--probe",
        "--no-probe",
        "--as-of",
        "--format",
        "--json",
        "--markdown",
        "--output",
        "--verbose",
        "--require",
        "--profile=x",
        "--answer=a=b",
        "--answer=",
        "--format=json",
        "--format=xml",
        "--json=1",
        "--as-of=2022",
        "--",
        "-",
        "x",
        "json",
        "text",
        "a=b",
        "-x",
        "-1",
        "--prof",
        "--help2",
        "today",
    ]
)


@settings(deadline=None, max_examples=400, derandomize=True)
@given(st.lists(WORDS, max_size=7))
def test_the_quick_reading_of_a_command_line_is_that_of_argparse(argv):
    options = pytest.importorskip("advisor.cli.options")
    from advisor.cli.parsing import full

    table = [
        *options.situation(),
        options.AS_OF,
        *options.output(),
        options.option("--verbose", "all", kind="flag", default=False),
        options.option("--require", "only", metavar="ALT"),
    ]
    quick = options._quick(table, argv, ())
    if quick is not None:
        slow = Options()
        full(slow.__dict__, "recommend", "", table, argv, (), "")
        assert vars(slow) == vars(quick)
