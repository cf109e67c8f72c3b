"""Members, their referral tree and their enrollments."""
