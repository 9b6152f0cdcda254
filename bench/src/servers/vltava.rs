//! Vltava as a user starts it, with the durability of Apache Kafka: acknowledgements do not wait for the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Within};
use crate::machine;

/// Like for like: Kafka does not sync before it acknowledges, and serves no metrics over HTTP.
pub const SETTINGS: &str = "vltava.durability=kafka\nvltava.metrics.listener=\n";

/// A Vltava binary.
#[derive(Clone, Debug)]
pub struct Vltava {
    binary: PathBuf,
}

impl Vltava {
    /// The binary at this path.
    pub fn find(binary: &Path) -> Result<Vltava, Failure> {
        let what = format!("no Vltava at {} (`cargo build --release` makes it)", binary.display());
        let binary = fs::canonicalize(binary).within(what)?;
        Ok(Vltava { binary })
    }

    /// What the binary says of itself.
    pub fn description(&self) -> String {
        let version = machine::first_line_of(Command::new(&self.binary).arg("--version"));
        version.map_or_else(|| "Vltava".to_owned(), |version| version.replacen("vltava", "Vltava", 1))
    }

    /// `vltava format`.
    pub fn format_command(&self, properties: &Path, cluster_id: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["format", "-t", cluster_id, "-c"]).arg(properties);
        command
    }

    /// `vltava serve`.
    pub fn serve_command(&self, properties: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg(properties);
        command
    }
}
