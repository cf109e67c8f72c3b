"""Rows that follow other rows or a hand: approvals, holds, recurrences, markers, manual rows."""
