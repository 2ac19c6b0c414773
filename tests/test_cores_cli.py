"""`xbarmip place`: answers, scores, files, and what is refused."""

import json

import pytest

from xbarmip.cli.main import main

CHIP = ["--cores", "4", "--crossbars-per-core", "12"]
LENET = ["place", "lenet-5", *CHIP]


@pytest.fixture
def run(capsys):
    def call(*arguments, status=0):
        found = main(list(arguments))
        out, err = capsys.readouterr()
        assert found == status, err
        return out if status == 0 else err

    return call


def test_a_table_and_a_line(run):
    out = run(*LENET)
    assert "lenet-5, 4 cores of 12 crossbars of 128x128: " in out
    assert "; OPTIMAL, exact proof (search, " in out


def test_json_and_its_score(run, tmp_path):
    facts = json.loads(run(*LENET, "--json"))
    assert (facts["status"], facts["gap"], facts["proof"]) == ("OPTIMAL", 0, "exact")
    assert max(facts["loads"]) == facts["core_interval"] == facts["value"]
    assert [facts["loads"][core] for core in facts["busiest"]] == [facts["value"]] * len(
        facts["busiest"]
    )
    file = tmp_path / "placement.json"
    for given in (facts, facts["layout"]):
        file.write_text(json.dumps(given), encoding="utf-8")
        scored = json.loads(run(*LENET, "--score", str(file), "--json"))
        assert {key: facts[key] for key in scored} == scored
    assert f"{facts['value']} products on the busiest core" in run(*LENET, "--score", str(file))


def test_all_solvers_say_the_same(run):
    small = ["place", "lenet-5", "--cores", "2", "--crossbars-per-core", "12", "--json"]
    found = {json.loads(run(*small, "--solver", name))["value"] for name in ("search", "milp")}
    assert len(found) == 1
    for name in ("longest-first", "balance", "genetic"):
        assert json.loads(run(*small, "--solver", name))["value"] >= min(found)


def test_files(run, tmp_path):
    plot, export, proof = (str(tmp_path / name) for name in ("a.png", "b.json", "c.json"))
    out = run(*LENET, "--plot", plot, "--export", export, "--certificate", proof)
    assert f"written: {plot}" in out
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    tables = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert tables["replication"].keys() == tables["mapping"].keys()
    for layer, copies in tables["mapping"].items():
        assert len(copies) == tables["replication"][layer]
        assert len({len(blocks) for blocks in copies}) == 1
        assert all(0 <= core < 4 for blocks in copies for core in blocks)
    assert "accepted: lenet-5 on 4 cores of 12: " in run("check", proof)
    record = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    record["value"] -= 1
    (tmp_path / "c.json").write_text(json.dumps(record), encoding="utf-8")
    assert main(["check", proof]) == 1


def test_a_period_of_hardware(run):
    chip = ["place", "lenet-5", "--hardware", "pimsim-nn", "--crossbars-per-core", "4"]
    facts = json.loads(run(*chip, "--objective", "period", "--json", "--time-limit", "20"))
    assert (facts["cores"], facts["hardware"]) == (64, "pimsim-nn")
    assert facts["period_us"] >= 0.753 * facts["core_interval"]
    assert facts["value"] * facts["bound"] > 0


def test_constraints(run):
    facts = json.loads(run(*LENET, "--constraint", "largest-duplication:most=2", "--json"))
    assert max(facts["layout"]["duplication"].values()) == 2
    assert facts["constraints"] == ["largest-duplication"]


def test_what_cannot_be_placed_is_an_answer(run):
    out = run("place", "vgg-16", "--cores", "2", "--crossbars-per-core", "16")
    assert "INFEASIBLE: layer 'fc14': a row block takes 32 crossbars, a core has 16" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["place", "lenet-5", "--cores", "4"], "crossbars_per_core must be given"),
        ([*LENET, "--objective", "period"], "objective 'period' needs hardware, got none"),
        ([*LENET, "--option", "speed=3"], "solver 'search' has no option 'speed'"),
        ([*LENET, "--score", "none.json"], "none.json: cannot be read"),
        ([*LENET, "--plot", "a.jpg"], "--plot 'a.jpg': the name must end in .png"),
        ([*LENET, "--certificate", "x/c.json"], "cannot be written (its folder does not exist)"),
        (
            [*LENET, "--certificate", "c.json", "--constraint", "largest-duplication:most=2"],
            "constraint 'largest-duplication' cannot stand in a certificate",
        ),
        (
            [*LENET, "--certificate", "c.json", "--score", "p.json"],
            "--certificate is of a search, --score makes none",
        ),
    ],
)
def test_what_is_refused(run, arguments, message):
    assert message in run(*arguments, status=2)


def test_scores_of_wrong_files(run, tmp_path):
    file = tmp_path / "placement.json"
    for text, message in (
        ("{", "is not readable as JSON"),
        ("{}", "missing key 'duplication'"),
        ('{"duplication": {"none": 1}, "cores": []}', "unknown layer 'none'"),
    ):
        file.write_text(text, encoding="utf-8")
        assert message in run(*LENET, "--score", str(file), status=2)
