"""The pictures of reports that the documentation shows, drawn again from the committed records.

python experiments/pictures.py
"""

from pathlib import Path

from qualms.records import read_records
from qualms.report import page

HERE = Path(__file__).parent
IMAGES = HERE.parent / "docs" / "images"
DRAWN = {  # image: the records that it is drawn from, and the picture's name
    "learn/comparing-pima": ("learn/comparing/pima.jsonl", "methods"),
    "learn/fraud-creditcard": ("learn/fraud/creditcard.jsonl", "differences"),
    "learn/fraud-mammography": ("learn/fraud/mammography.jsonl", "differences"),
    "learn/fraud-cardio": ("learn/fraud/cardio.jsonl", "differences"),
    "report/e2e-differences": ("e2e/results", "differences"),
    "report/e2e-loss-curves": ("e2e/results", "loss-curves"),
}

if __name__ == "__main__":
    for image, (file, name) in DRAWN.items():
        (section,) = page.sections(read_records(HERE / file))
        picture = next(p for p in section.report.pictures(section.records) if p.name == name)
        (IMAGES / f"{image}.svg").parent.mkdir(exist_ok=True)
        (IMAGES / f"{image}.svg").write_text(picture.svg_file(), "utf-8")
        print(f"{image}.svg: {picture.caption}")
