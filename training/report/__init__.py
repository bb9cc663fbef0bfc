"""What a person reads of an evaluation: first whether to trust it, then why, then everything else.

evaluation = Evaluation(...)
path.write_text(as_html(evaluation))        # one file, no network, no scripts
path.write_bytes(as_json(evaluation))       # the same figures for programs
verdict(evaluation).level                   # Level.TRUST, CARE or DOUBT
"""

from training.report._evaluation import Evaluation
from training.report._html import as_html
from training.report._json import as_json
from training.report._verdict import Level, Reason, Verdict, verdict

__all__ = ["Evaluation", "Level", "Reason", "Verdict", "as_html", "as_json", "verdict"]
