"""Running a solver in a process of its own, under limits that hold whatever it does.

A `supervisor` has a fork `server` make a process for each piece of work, watches that process by
what it says and takes (`state`), and ends it where it oversteps its `limits`. What runs in the
server's process is `serve`, what runs in the solver's is `child`; `link` ties each to the one that
started it. They talk in `messages` over the connections of `multiprocessing`.

The fork server of `multiprocessing` itself would not do. There is one for the whole program, with
the program's environment, so that no run can have its own number of threads; it and its resource
tracker outlive a comparison. It imports before it is tied to anything, in Python 3.11 not from
where the program does. It tells nothing of what a process took that crashed or was killed, and
serves no daemons, which Dask's workers are.
"""
