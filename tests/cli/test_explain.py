"""`advisor explain`: every record of the rules answers, by id and by name."""

import pytest

from advisor import load_rules
from advisor.output.escape import markdown

TEXTS = load_rules().texts()
KINDS = {
    "claims": "claim",
    "findings": "finding",
    "criteria": "criterion",
    "questions": "question",
    "constraints": "constraint",
    "pathways": "pathway",
    "tools": "tool",
    "profiles": "profile",
    "cases": "case",
    "categories": "category",
}
NAMES = [(kind, ident) for kind in KINDS for ident in TEXTS[kind]]
WORDS = ("text", "title", "name", "shows")
DAY = "2026-11-22"


def record_of(section, ident):
    entry = TEXTS[section][ident]
    return entry if section == "categories" else entry["record"]


def id_of(section, ident):
    return record_of(section, ident).get("id", ident)


def asked(section, ident):
    """The id, with its kind where several records share it."""
    name = id_of(section, ident)
    shared = [other for other in KINDS for i in TEXTS[other] if id_of(other, i) == name]
    return f"{KINDS[section]}:{name}" if len(shared) > 1 or section in ("profiles", "tools") else name


def words_of(record):
    return next(record[key] for key in WORDS if key in record)


@pytest.mark.parametrize("section", KINDS)
def test_every_id_answers_as_json(cli, section):
    for ident in TEXTS[section]:
        data = cli("explain", asked(section, ident), "--as-of", DAY, "--json").data
        assert list(data)[:6] == ["kind", "id", "as_of", "record", "numbers", "referred_to_by"]
        assert (data["kind"], data["id"]) == (KINDS[section], id_of(section, ident))
        assert words_of(data["record"]) == words_of(record_of(section, ident))
        assert data["as_of"] == {"reading": "date", "date": DAY}
        if section != "categories":
            assert data["file"] == TEXTS[section][ident]["file"] and data["line"] >= 1


@pytest.mark.parametrize("section", KINDS)
def test_every_id_answers_in_words(cli, section):
    for ident in TEXTS[section]:
        done = cli("explain", asked(section, ident), "--as-of", DAY)
        assert (done.code, done.err) == (0, "")
        lines = done.out.splitlines()
        assert lines[0] == f"{KINDS[section].capitalize()} {id_of(section, ident)}"
        assert max(map(len, lines)) <= 79
        # Long words are cut at the margin, so that spaces do not count.
        plain = "".join(done.out.split())
        record = record_of(section, ident)
        assert "".join(words_of(record).split()) in plain
        if "source" in record:
            assert "".join(record["source"].split()) in plain


@pytest.mark.parametrize("section", KINDS)
def test_every_id_answers_in_markdown(cli, section):
    for ident in TEXTS[section]:
        done = cli("explain", asked(section, ident), "--as-of", DAY, "--markdown")
        assert (done.code, done.err) == (0, "")
        head, empty, *rest = done.out.splitlines()
        assert head == f"# {KINDS[section].capitalize()} {markdown(id_of(section, ident))}" and not empty
        assert all(line.lstrip().startswith("- **") for line in rest)
        assert markdown(" ".join(words_of(record_of(section, ident)).split())) in done.out


@pytest.mark.parametrize("section", ["questions", "constraints"])
def test_keys_answer_as_well_as_ids(cli, section):
    for key in TEXTS[section]:
        by_key, by_id = (cli("explain", name, "--json").data for name in (key, id_of(section, key)))
        # Tools may have the name of a constraint about them.
        assert by_key["kind"] == "tool" or by_key["record"] == by_id["record"]


@pytest.mark.parametrize(
    ("name", "ident"),
    [
        ("TF Serving", "tf_serving"),
        ("TensorFlow Serving", "tf_serving"),
        ("TensorRT", "tensorrt"),
        ("TensorFlow Lite", "tensorflow_lite"),
        ("TFLite", "tensorflow_lite"),
        ("TFX", "tfx"),
        ("TensorFlow.js", "tensorflow_js"),
        ("tfjs", "tensorflow_js"),
        ("TensorFlow Hub", "tensorflow_hub"),
        ("tf.function", "tf_function"),
        ("TorchServe", "torchserve"),
        ("torchserve", "torchserve"),
        ("TorchScript", "torchscript"),
        ("PyTorch Lightning", "pytorch_lightning"),
        ("Ignite", "ignite"),
        ("Catalyst", "catalyst"),
        ("torchvision", "torchvision"),
        ("torchtext", "torchtext"),
        ("TORCHTEXT", "torchtext"),
    ],
)
def test_tools_answer_to_their_names_with_their_state(cli, name, ident):
    data = cli("explain", name, "--json").data
    assert (data["kind"], data["id"]) == ("tool", ident)
    for form in ("text", "markdown"):
        shown = cli("explain", name, "--format", form).out
        state = TEXTS["tools"][ident]["record"]["state"]
        assert (state if form == "text" else markdown(state)) in shown
        assert TEXTS["tools"][ident]["record"]["as_of"] in shown


def test_ids_in_any_case_and_spelling(cli):
    expected = cli("explain", "C105", "--as-of", DAY)
    assert expected.code == 0
    assert cli("explain", "c105", "--as-of", DAY) == expected
    assert cli("explain", " C105 ", "--as-of", DAY) == expected
    assert cli("explain", "scale-out", "--json").data["id"] == "scale_out"
    assert cli("explain", "Scale Out", "--json").data["kind"] == "criterion"


def test_a_claim_tells_its_lean_and_what_it_rests_on(cli):
    numbers = cli("explain", "C105", "--as-of", DAY, "--json").data["numbers"]
    assert -1 <= numbers["lean"] <= 1 and numbers["deviation"] > 0
    assert sum(o["lean"] for o in numbers["observations"]) == pytest.approx(numbers["lean"], abs=1e-12)
    then = cli("explain", "C105", "--as-of", "article", "--json").data["numbers"]
    assert then["lean"] == numbers["article_lean"] == then["article_lean"]


def test_an_unverified_finding_weighs_nothing(cli):
    numbers = cli("explain", "E121", "--as-of", DAY, "--json").data["numbers"]
    assert (numbers["strength"], numbers["weighs"], numbers["without_it"]) == (0, False, [])


def test_a_constraint_tells_whether_it_is_in_force(cli, rules):
    ident = next(c for c in rules.core["constraints"] if c["until"] is None)["id"]
    assert cli("explain", ident, "--as-of", DAY, "--json").data["numbers"] == {"in_force": True}
    assert cli("explain", ident, "--as-of", "1990", "--json").data["numbers"] == {"in_force": False}


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["C999"], ("nothing called 'C999'", "did you mean 'C")),
        (["torchserv"], ("did you mean 'torchserve'?",)),
        ([""], ("nothing called ''",)),
        (["\x1b[31m"], ("nothing called",)),
        (["x" * 10_000], ("nothing called",)),
        ([], ("ID",)),
        (["C001", "C002"], ("'C002'",)),
        (["C001", "--as-of", "todai"], ("did you mean 'today'?",)),
        (["C001", "--rules", "biultin"], ("did you mean 'builtin'?",)),
        (["C001", "--fromat", "json"], ("did you mean '--format'?",)),
    ],
)
def test_slips_are_one_line_on_stderr(cli, argv, words):
    assert cli("explain", *argv).is_usage_error(*words)


def test_a_pack_of_ones_own_is_explained(cli, pack):
    text = "id: mine\ntitle: Mine\ndescription: For the test.\nanswers: {target: mobile}\n"
    folder = pack({"profiles/mine.yaml": text})
    data = cli("explain", "mine", "--rules", folder, "--json").data
    assert data["file"] == str(folder / "profiles" / "mine.yaml")
    assert cli("explain", "mine").code == 2
