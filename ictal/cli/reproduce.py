"""``ictal reproduce`` and ``ictal claims``: the evidence for the claims, and the verdicts that follow."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..simulator.fields import Param
from ..simulator.options import Argument, Option
from .interrupts import Signals
from .options import Device, Force, command
from .output import Output
from .tables import width

if TYPE_CHECKING:
    from ..analyses.claims.ledger import Ledger, Row

FOLDER = Path("evidence")


@command
def reproduce(
    claims: Annotated[tuple[str, ...], Param("All of the scale if left out"), Argument("CLAIMS")] = (),
    scale: Annotated[str, Param("Scale: quick, medium or full; see docs/evidence.md")] = "quick",
    output: Annotated[Path, Param("Folder of all files"), Option("FOLDER", "-o --output")] = FOLDER,
    data: Annotated[
        tuple[str, ...], Param("Data of medium and full: cifar10:PATH, cifar100:PATH"), Option("NAME:PATH", repeat=True)
    ] = (),
    seeds: Annotated[int | None, Param("Replicates; the scale's own if left out")] = None,
    eeg: Annotated[tuple[Path, ...], Param("EEG of a seizure to compare with"), Option("FILE.edf", repeat=True)] = (),
    device: Device = "auto",
    finished: Annotated[bool, Param("Train nothing: attack what is trained, and write its evidence")] = False,
    *,
    out: Output,
) -> None:
    """Run the evidence for the claims, and print the verdicts.

    Every training is a file in FOLDER/SCALE. A complete one is not repeated; after Ctrl-C or a crash the same command
    goes on.
    """
    from ..experiments.reproduce import ledger
    from ..experiments.reproduce import reproduce as run
    from ..models.training import UnfinishedTrainingError
    from .claims_text import claims_text

    signals = Signals(
        UnfinishedTrainingError, lambda: f"{output} keeps the finished part; the same command goes on from there"
    )
    with signals, out.progress(f"reproduce {scale}") as report:
        done = run(
            claims, scale=scale, folder=output, data=data, seeds=seeds, eeg=eeg, device=device, finished=finished,
            progress=report, stop=signals.stop,
        )  # fmt: skip
    found = ledger([done.file])
    trained = {"file": str(done.file), "trained": done.trained, "found": done.found, "missing": done.missing}
    out.result({"kind": "reproduced", **trained, **_document(found)}, lambda: claims_text(found, [done.file]))
    missing = f", {done.missing} are missing" if done.missing else ""
    out.note(f"{done.trained} trainings done, {done.found} were there{missing}\nwrote {done.file}")


@command
def claims(
    sources: Annotated[
        tuple[Path, ...], Param("Files, or folders; evidence if left out"), Argument("EVIDENCE", show=False)
    ] = (),
    html: Annotated[Path | None, Param("Write the same as a page, with figures"), Option("PAGE.html")] = None,
    figures: Annotated[Path | None, Param("Write the figures as PNG and SVG"), Option("FOLDER")] = None,
    full: Annotated[bool, Param("Every claim with its measurements, reasons and controls")] = False,
    force: Force = False,
    *,
    out: Output,
) -> None:
    """Print the claims of the paper and the verdicts of evidence.

    One row a claim: its verdict in every setting, the effect that decides, and what the claim needs. --full prints the
    statement of the paper, the measurements, the reason and the controls, and what a claim needs that was not run.
    """
    from ..experiments.reproduce import ledger
    from .claims_text import claims_text

    read = list(sources) or ([FOLDER] if FOLDER.exists() else [])
    found = ledger(read)
    written = []
    if figures is not None or html is not None:
        from ..analyses.report.ledger import write_claims

        written = write_claims(found, html, figures, force=force)
    out.result({"kind": "claims", **_document(found), "files": [str(file) for file in written]},
               lambda: _text(found) if full else claims_text(found, read))  # fmt: skip
    if html is not None:
        out.note(f"wrote {html}")
    if figures is not None:
        out.note(f"wrote {len(written) - (html is not None)} files to {figures}")


def _text(found: Ledger) -> str:
    from ..analyses.claims.wording import headline
    from ..analyses.evidence.rules import COVERS

    return "\n\n".join([headline(found), *(_block(row) for row in found.rows), COVERS]) + "\n"


def _block(row: Row) -> str:
    facts = {
        "the paper": row.claim.paper,
        "run on": f"{row.setting} (scale {row.scale})" if row.scale else "",
        "measured": row.ours,
        "because": row.why,
        "controls": row.control,
        "not counted": row.left_out,
    }
    lines = [f"{row.claim.name}: {row.shown}", f"  {row.claim.statement}"]
    for name, text in facts.items():
        parts = text.split("; ") if name == "measured" else [text]
        for label, line in zip([name, *[""] * (len(parts) - 1)], parts, strict=True):
            lines += textwrap.wrap(line, max(width(), 60), initial_indent=f"  {label:12} ",
                                   subsequent_indent=" " * 15, break_on_hyphens=False)  # fmt: skip
    return "\n".join(lines)


def _document(found: Ledger) -> dict[str, Any]:
    from dataclasses import asdict

    from ..analyses.claims.wording import headline
    from ..analyses.evidence.rules import COVERS

    return {
        "headline": headline(found),
        "intervals": COVERS,
        "verdicts": found.by_claim(),
        "claims": [{**asdict(row), "claim": row.claim.name, "statement": row.claim.statement,
                    "paper": row.claim.paper} for row in found.rows],
        "decisions": {scale: [asdict(one) for one in rows] for scale, rows in found.decisions.items()},
        "effects": {scale: [asdict(one) for one in rows] for scale, rows in found.effects.items()},
    }  # fmt: skip
