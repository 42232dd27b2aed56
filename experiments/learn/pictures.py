"""The pictures of docs/learn/comparing.md and docs/learn/fraud.md again, from the records beside this file.

python experiments/learn/pictures.py
"""

from pathlib import Path

from qualms.records import read_records
from qualms.report import page

HERE = Path(__file__).parent
IMAGES = HERE.parents[1] / "docs" / "images" / "learn"
DRAWN = {
    "comparing-pima": ("comparing/pima.jsonl", "methods"),
    **{
        f"fraud-{name}": (f"fraud/{name}.jsonl", "differences")
        for name in ("creditcard", "mammography", "cardio")
    },
}

if __name__ == "__main__":
    for image, (file, name) in DRAWN.items():
        (section,) = page.sections(read_records(HERE / file))
        picture = next(p for p in section.report.pictures(section.records) if p.name == name)
        (IMAGES / f"{image}.svg").write_text(picture.svg_file(), "utf-8")
        print(f"{image}.svg: {picture.caption}")
