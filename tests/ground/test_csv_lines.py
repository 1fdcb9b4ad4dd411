"""Large CSV files, read line by line: a line without end takes no memory, and loses none of the others."""

import io
import tracemalloc

from outreach.ground.csv_lines import CsvFile


def test_a_line_without_end_is_left_out_in_little_memory_and_the_others_are_read() -> None:
    content = b"URN,Name\n1,a\n2," + b"x" * 30_000_000 + b"\n3,c\n4" + b"," * 20_000_000 + b"\n5,e\n"
    file = CsvFile(io.BytesIO(content))
    tracemalloc.start()
    rows = [row for _, row in file.rows()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == [["URN", "Name"], ["1", "a"], ["3", "c"], ["5", "e"]]
    assert [(line.number, line.reason) for line in file.unreadable] == [
        (3, "it is too long"),
        (5, "it is too long"),
    ]
    assert peak < 20_000_000
