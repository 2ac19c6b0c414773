"""`xbarmip place`: answers, scores, files, and what is refused."""

import gzip
import json

import pytest

from xbarmip.cli.main import main

CHIP = ["--cores", "4", "--crossbars-per-core", "12"]
LENET = ["place", "lenet-5", *CHIP]


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
    scored = run(*LENET, "--score", str(file))
    assert f"{facts['value']} products on the busiest core" in scored
    assert " products of " not in scored
    timed = run(*LENET, "--score", str(file), "--hardware", "pimsim-nn")
    assert " products of 0.75 us = " in timed


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
    assert main(["check", proof]) == 0


@pytest.fixture
def proof(tmp_path, capsys):
    path = tmp_path / "c.json"
    assert main([*LENET, "--certificate", str(path)]) == 0
    capsys.readouterr()
    return path


def lines_of(path):
    """The lines of a certificate."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def write(lines, path):
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")


def test_a_certificate_of_whatever_the_file_states(proof, capsys):
    """Beside files that are refused or cannot be read: the worst decides."""
    lines = lines_of(proof)
    wrong, none = proof.with_name("wrong"), proof.with_name("none")
    lines[2]["claim"]["value"] = 1
    write(lines, wrong)
    assert main(["check", str(proof)]) == 0
    digest = lines[0]["digest"]
    assert capsys.readouterr().out == (
        f"{proof}: accepted: the problem that the file states (5 layers, 4 cores of 12 crossbars, "
        f"digest {digest}): no placement takes less than 248 products; the given one takes 248\n"
    )
    assert main(["check", "--json", str(proof), str(wrong)]) == 1
    good, bad = json.loads(capsys.readouterr().out)
    assert (good["outcome"], good["digest"], bad["outcome"], bad["digest"]) == (
        "accepted", digest, "refused", None,
    )  # fmt: skip
    assert main(["check", str(none), str(wrong), str(proof)]) == 2
    out, err = capsys.readouterr()
    assert "cannot be read" in err
    assert "the layout takes 248, not 1" in out


def test_names_of_a_certificate_are_never_passed_on(proof, capsys):
    lines = lines_of(proof)
    name = "x: accepted: vgg-16 \x1b[2J"
    lines[1]["placement"]["name"] = lines[1]["placement"]["layers"][0]["name"] = name
    write(lines, proof)
    assert main(["check", str(proof)]) == 0
    assert "vgg-16" not in capsys.readouterr().out


OWN = ["--network", "lenet-5", *CHIP]
UNCERTIFIED = ["--size", "32", "--constraint", "core-packing:crossbars_per_core=12"]


def test_a_certificate_of_ones_own_placement(proof, capsys):
    assert main(["check", str(proof), *OWN]) == 0
    assert ": accepted: lenet-5, 4 cores of 12 crossbars of 128x128 (digest " in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ([*OWN, "--cores", "5"], "cores: 4 in the file, 5 wanted"),
        ([*OWN, "--crossbars-per-core", "13"], "crossbars_per_core: 12 in the file, 13 wanted"),
        ([*OWN, "--split"], "split: 0 in the file, 1 wanted"),
        ([*OWN, "--size", "64"], "layers[1].blocks: 2 in the file, 3 wanted"),
        (
            ["--network", "alexnet", "--cores", "4", "--crossbars-per-core", "200"],
            "crossbars_per_core: 12 in",
        ),
        (
            [*OWN, "--hardware", "pimsim-nn", "--objective", "period"],
            "objective.tick: None in the file, [",
        ),
        (
            [*OWN, "--constraint", "largest-duplication:most=2"],
            "number of constraints: 0 in the file",
        ),
        (["--network", "lenet-5", "--crossbars", "48"], "copies in cores"),
    ],
)
def test_a_certificate_of_another_placement(options, difference, proof, capsys):
    assert main(["check", str(proof), *options]) == 1
    out = capsys.readouterr().out
    assert ": REFUSED: the file states another problem: " in out
    assert difference in out


def test_a_certificate_of_an_allocation_is_none_of_a_placement(tmp_path, capsys):
    path = str(tmp_path / "a")
    assert main(["solve", "lenet-5", "--crossbars", "12", "--certificate", path]) == 0
    assert main(["check", path, *OWN]) == 1
    assert "another problem: an allocation of one network" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cores", "4"], "--cores says what the problem is, and needs --network"),
        (["--split"], "--split says what the problem is, and needs --network"),
        ([*OWN, "--tiles", "4"], "--tiles is of an allocation, and here are cores"),
        (
            [*OWN, *UNCERTIFIED],
            "constraint 'core-packing' is not linear: certificates hold linear ones only",
        ),
    ],
)
def test_problems_that_no_placement_has(options, message, proof, run):
    assert message in run("check", str(proof), *options, status=2)


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
            [*LENET, "--certificate", "c.json", *UNCERTIFIED],
            "constraint 'core-packing' is not linear: certificates hold linear ones only",
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
