"""`xbarmip explain`: how each exact solver treats each constraint."""

from argparse import Namespace, _SubParsersAction
from dataclasses import asdict

from xbarmip.cli.arguments import add_network, add_objective, every_objective
from xbarmip.cli.budget import add_budget, problem_of, question
from xbarmip.cli.commands import COMMANDS
from xbarmip.cli.output import print_json, say
from xbarmip.cli.parser import Parser, add_command
from xbarmip.solvers.explain import explain


def add(commands: "_SubParsersAction[Parser]") -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "explain", COMMANDS["explain"], run)
    add_network(parser)
    add_budget(parser)
    add_objective(parser, every_objective())


def run(arguments: Namespace) -> int:
    """Print what `xbarmip.explain` says."""
    problem = problem_of(arguments)
    explanation = explain(problem)
    if arguments.json:
        constraints = [
            {**asdict(one), "by_solver": dict(one.by_solver)} for one in explanation.constraints
        ]
        refusals = dict(explanation.refusals)
        print_json(
            {"question": question(problem), "constraints": constraints, "refusals": refusals}
        )
    else:
        for line in (question(problem), *str(explanation).split("\n")):
            say(line)
    return 0
