"""People of a program: users invited and removed; sign-in links and sessions, of users and members."""
