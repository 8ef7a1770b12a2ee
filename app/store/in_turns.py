"""The deliveries that come next, in turns: the same question of both databases.

Installations take turns, in each its repositories, and of a repository the oldest comes first: at the head of the list
is the first of each installation. Bodies are read of those alone that are chosen.
"""

from __future__ import annotations

IN_TURNS = """
WITH waiting AS (
    SELECT number, installation,
        row_number() OVER (PARTITION BY installation, repository ORDER BY number) AS own
    FROM deliveries WHERE number > :after AND outcome IS NULL),
ranked AS (
    SELECT number, row_number() OVER (PARTITION BY installation ORDER BY own, number) AS turn FROM waiting),
chosen AS (SELECT number, turn FROM ranked ORDER BY turn, number LIMIT :limit)
SELECT id, event, action, payload, '' AS signature, installation, repository
FROM chosen JOIN deliveries USING (number) ORDER BY turn, number"""
