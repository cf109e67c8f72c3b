"""What every request needs: who is asking, answers kept for a repeat, pages of lists, edits that are raced."""
