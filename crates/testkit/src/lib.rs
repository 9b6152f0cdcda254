//! A broker inside the test's own process, and what tests need around it.
