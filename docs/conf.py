"""Site: built by `make docs`, offline; pages of names and parameters come from the registries (`pages`)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))

import pages  # noqa: E402
import prose  # noqa: E402

import ictal  # noqa: E402

logger = logging.getLogger(__name__)
PLAIN = {  # LaTeX -> what the converter to MathML knows
    r"\\[bB]igg?[lr]?(?![A-Za-z])": "",
    r"\\dots(?![A-Za-z])": r"\\ldots",
    r"\\textstyle": "",
    r"\\tfrac": r"\\frac",
    r"\\frac(\w)(\w)": r"\\frac{\1}{\2}",
    r"\\sqrt(\\[a-z]+)": r"\\sqrt{\1}",
}
project = "Ictal"
author = "The Ictal developers"
copyright = "The Ictal developers, MIT licence"
version = release = ictal.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "gallery/**/*.ipynb", "gallery/**/*.py.md5"]
suppress_warnings = ["config.cache"]  # the order of the gallery is a function, which no cache can hold

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
default_role = "code"
highlight_language = "text"
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True, "undoc-members": False}
napoleon_google_docstring = True
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = "Ictal"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = html_show_sourcelink = False
html_sidebars = {"index": [], "gallery/index": [], "reference/api/*": []}
html_theme_options: dict[str, Any] = {
    "logo": {"text": "Ictal"},
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "pygments_light_style": "tango",
    "pygments_dark_style": "github-dark",
}
sphinx_gallery_conf: dict[str, Any] = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_\w+\.py",
    "subsection_order": [f"../examples/gallery/{name}" for name in ("spiking", "dynamics", "eeg", "deep")],
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "reference/examples",
    "doc_module": ("ictal",),
    "reference_url": {"ictal": None},
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "download_all_examples": False,
    "copyfile_regex": "",
    "plot_gallery": "True",
    "abort_on_example_error": True,
    "image_scrapers": ("matplotlib",),
    "matplotlib_animations": False,
}


def setup(app: Any) -> None:
    """Add the pages of the registries, links that GitHub and the site share, and formulas in MathML."""
    app.connect("builder-inited", lambda _: pages.write(), priority=100)
    app.connect("source-read", prose.on_source)
    app.connect("autodoc-process-docstring", prose.on_docstring, priority=400)
    app.connect("autodoc-skip-member", prose.on_member)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def _inline(translator: Any, node: Any) -> None:
    translator.body.append(_mathml(node, as_block=False))
    raise SkipNode


def _block(translator: Any, node: Any) -> None:
    translator.body.append(_mathml(node, as_block=True))
    raise SkipNode


def _mathml(node: Any, *, as_block: bool) -> str:
    formula = node.astext()
    for pattern, written in PLAIN.items():
        formula = re.sub(pattern, written, formula)
    try:
        return str(tex2mathml(formula, as_block=as_block))
    except (MathError, AttributeError) as error:  # the converter fails with either
        logger.warning("formula that cannot be converted: %s: %s", error, formula, location=node)
        return ""
