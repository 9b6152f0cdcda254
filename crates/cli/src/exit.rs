//! How the program ends when something is wrong: one message that names the thing and the remedy, and exit code 1.

use std::fmt::Display;
use std::process::ExitCode;

/// What went wrong, in words for people.
#[derive(Debug)]
pub(crate) struct Failure(Vec<String>);

impl Failure {
    pub(crate) fn new(message: impl Display) -> Failure {
        Failure(vec![message.to_string()])
    }

    pub(crate) fn all(messages: impl IntoIterator<Item = impl Display>) -> Failure {
        Failure(messages.into_iter().map(|message| message.to_string()).collect())
    }

    pub(crate) fn report(self) -> ExitCode {
        for message in self.0 {
            eprintln!("error: {message}");
        }
        ExitCode::FAILURE
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::new(error)
    }
}
