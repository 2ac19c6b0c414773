"""W. Li, Y. Han, X. Chen, ACM TODAES 29(1), article 21, 2023, doi 10.1145/3631523.

A file for each part: what a row is, how it is computed, what the page shows of all; `templates`
says it.
"""
