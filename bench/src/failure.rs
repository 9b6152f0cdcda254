//! `Failure`: why something could not be measured, as a sentence for the person at the terminal and for the report.

use std::fmt::{self, Display};

/// What went wrong, in words. Nothing in a harness handles one failure differently from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// A failure with this explanation.
    pub fn new(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! from_errors {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Failure {
                Failure(error.to_string())
            }
        })*
    };
}

from_errors!(std::io::Error, wire::DecodeError, wire::EncodeError, batch::BatchError);

/// Says what was being done when something failed.
pub trait Within<T> {
    /// Puts `what` in front of the explanation.
    fn within(self, what: impl Display) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> Within<T> for Result<T, E> {
    fn within(self, what: impl Display) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{what}: {}", error.into())))
    }
}
