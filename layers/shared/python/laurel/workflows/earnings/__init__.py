"""Rows that follow other rows, and rows made or decided by hand: approvals, holds, recurrences, markers, manual."""
