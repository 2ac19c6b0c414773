"""The commands and what each is for, known before any of them is loaded."""

COMMANDS = {
    "solve": "find the allocation of crossbars with the fastest inference",
    "check": "check certificates: is it proven that nothing is better?",
    "export": "write the problem for MILP or pseudo-Boolean solvers, a refutation for a checker",
    "explain": "list the constraints, how each exact solver treats them, and what that costs",
    "frontier": "find the fewest cycles or steps for every budget: the points where it improves",
    "bandwidth": "find what more or less bandwidth does to the least latency, and one more tile",
    "simulate": "evaluate an allocation: what every measure counts",
    "plot": "draw an allocation: its pipeline, its layers, the frontier (needs matplotlib)",
    "compare": "run solvers over a suite and say whether they agree",
    "report": "say what results files hold: verdicts, gaps, times",
    "regress": "compare two results files: answers that changed, and times by a paired test",
    "merge": "put the results of several runs into one file, every record once",
    "reproduce": "compute published tables and figures again and set them beside proven optima",
    "networks": "list the networks that ship with xbarmip and with the onnx package",
    "show": "show the layers of a network and its smallest budget",
    "hardware": "list the hardware presets, or show one, or list the data-movement rules",
    "suites": "list the suites that ship with xbarmip",
    "suite": "check suites, write them as integers, record what is known of them",
    "warm": "compile the kernels, so that no solve has to wait for it",
    "version": "print the version; with --json, of the libraries too",
}
