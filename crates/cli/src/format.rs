//! `vltava format`: what `kafka-storage format` does, with its flags.

use std::path::PathBuf;

use clap::Args;
use runtime::{Clock, Disk};

use crate::config_file;
use crate::exit::Failure;

/// Prepare empty log directories for a cluster.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vltava format -t MkU3OEVBNTcwNTJENDM2Qg -c server.properties --standalone
  vltava format -t MkU3OEVBNTcwNTJENDM2Qg -c server.properties --ignore-formatted")]
pub(crate) struct Format {
    /// The cluster's id: 22 characters, the same for every node of the cluster.
    #[arg(short = 't', long = "cluster-id", value_name = "CLUSTER_ID")]
    cluster_id: String,
    /// Apache Kafka's server.properties.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    config: PathBuf,
    /// Leave directories alone that are formatted already.
    #[arg(short = 'g', long)]
    ignore_formatted: bool,
    /// This node is the first and only voter; more can join later.
    #[arg(short = 's', long, conflicts_with_all = ["initial_controllers", "no_initial_controllers"])]
    standalone: bool,
    /// The first voters: `id@host:port:directory-id`, separated by commas.
    #[arg(short = 'I', long, value_name = "VOTERS", conflicts_with = "no_initial_controllers")]
    initial_controllers: Option<String>,
    /// The voters are not known here: this node will find them.
    #[arg(short = 'N', long)]
    no_initial_controllers: bool,
    /// The metadata version to begin with, such as 4.3 or 4.3-IV0.
    #[arg(short = 'r', long, value_name = "VERSION")]
    release_version: Option<String>,
    /// The level of a feature to begin with.
    #[arg(short = 'f', long = "feature", value_name = "FEATURE=LEVEL")]
    features: Vec<String>,
    /// A SCRAM credential to begin with. Not served yet.
    #[arg(short = 'S', long, value_name = "CREDENTIAL")]
    add_scram: Vec<String>,
}

impl Format {
    pub(crate) fn run(self) -> Result<(), Failure> {
        if !self.add_scram.is_empty() {
            return Err(Failure::new("--add-scram: SASL is not served yet; format without it"));
        }
        let (settings, _) = config_file::load(Some(&self.config), &[])?;
        let format = broker::Format {
            cluster_id: self.cluster_id,
            ignore_formatted: self.ignore_formatted,
            standalone: self.standalone,
            initial_controllers: self.initial_controllers,
            no_initial_controllers: self.no_initial_controllers,
            release_version: self.release_version,
            features: self.features,
        };
        let formatted = format.run(&Disk::os(), &settings, &Clock::system())?;
        if formatted.directories.is_empty() {
            println!("All of the log directories are already formatted.");
        }
        for directory in &formatted.directories {
            println!(
                "Formatting metadata directory {} with metadata.version {}.",
                directory.display(),
                formatted.metadata_version
            );
        }
        Ok(())
    }
}
