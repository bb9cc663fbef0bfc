"""The page: whole by itself, harmless, and with the verdict on the first screen of a real browser."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.training.report.makers import evaluation
from training.report import as_html, verdict

BROWSER = shutil.which("chromium") or shutil.which("chromium-headless-shell")


@pytest.fixture(scope="module")
def page():
    """Of an evaluation whose class is called <b>wave</b>."""
    return as_html(evaluation())


class Elements(HTMLParser):
    """Names of all elements, and every attribute."""

    def __init__(self, text):
        super().__init__()
        self.names, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs


def test_a_page_asks_for_nothing(page):
    """No scripts, no files, no addresses to fetch from, and a policy that forbids them all."""
    elements = Elements(page)
    assert not {"script", "link", "img", "iframe", "object"} & set(elements.names)
    fetched = [value for name, value in elements.attributes if name in {"src", "href", "xlink:href"}]
    assert all(value.startswith(("#", "data:image/png;base64,")) for value in fetched)
    assert "default-src 'none'" in page
    assert not re.search(r"url\((?!#)|@import", page)


def test_names_of_the_data_are_text(page):
    """A class that is called like markup is shown as its name, in tables and in plots."""
    assert "<b>wave" not in page
    assert page.count("&lt;b&gt;wave&lt;/b&gt;") > 3


def test_every_plot_is_there(page):
    """Confusion, people, reliability, timeline and early accuracy, each an SVG of its own."""
    assert Elements(page).names.count("svg") == 5
    assert Elements(as_html(evaluation(stream=None, takes=[]))).names.count("svg") == 3


def test_the_verdict_comes_before_everything_else(page):
    """Verdict and reasons stand before the first table and plot."""
    judged = verdict(evaluation())
    assert page.index(judged.level.value) < page.index(judged.reasons[0].text) < page.index("<table>")


def test_equal_evaluations_give_equal_pages(page):
    """Nothing in a page depends on the time or on chance, so two reports can be compared."""
    assert as_html(evaluation()) == page


@pytest.mark.skipif(BROWSER is None, reason="no chromium here: apt-get install chromium-headless-shell")
def test_a_browser_without_network_shows_verdict_and_plots(page, tmp_path):
    """In a real browser the first screen has the verdict's colour on top, and every plot below has ink."""
    import cv2

    path, shot = tmp_path / "report.html", tmp_path / "shot.png"
    path.write_text(page)
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--proxy-server=127.0.0.1:9")
    where = (f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}", "--window-size=1180,3000")
    subprocess.run([BROWSER, *options, *where, path.as_uri()], check=True, capture_output=True, timeout=100)
    picture = cv2.imread(str(shot))
    green = (picture == (0x4D, 0x7F, 0x1B)).all(axis=2)
    blue = (picture == (0x6B, 0x30, 0x08)).all(axis=2)  # squares of the confusion matrix that are all right
    assert np.flatnonzero(green.any(axis=1)).max() < 200
    assert blue.sum() > 1000
