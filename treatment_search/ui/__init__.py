"""The page's parts; with app.py the only place that knows streamlit."""

from treatment_search.ui.page import draw_page

__all__ = ["draw_page"]
