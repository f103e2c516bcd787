"""The page: streamlit run app.py."""

from treatment_search import Settings
from treatment_search.ui import draw_page

draw_page(Settings.from_environment)
