"""Running a solver in a process of its own, under limits that hold whatever it does.

A `supervisor` has a fork `server` make a process for each piece of work, watches that process by
what it says and takes (`state`), and ends it where it oversteps its `limits`. What runs in the
server's process is `serve`, what runs in the solver's is `child`; `link` ties each to the one that
started it. They talk in `messages` over the connections of `multiprocessing`.

The fork server of `multiprocessing` itself would not do. Up to Python 3.12 it does not look for
what it preloads where its parent would; there is one for the whole program, with the program's
environment; it and its resource tracker stay for as long as the program does, or longer, where a
process that was forked stays. It imports before it is tied to anything. It does not say what
processes took that crashed or were killed, and refuses daemons, which Dask's workers are.
"""
