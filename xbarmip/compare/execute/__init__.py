"""Running a solver in a process of its own, under limits that hold whatever it does.

`pool` hands tasks to an executor; `worker` does one task; its `guard` has a `nursery` fork a
process for it, watches that process (`vigil`) and ends it where it oversteps its `allowance`; what
runs in the process is `child`. The two sides talk in `messages` over a socket.
"""
