def comparisons_page(): return ""
