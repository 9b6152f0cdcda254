//! Benchmarks of whole brokers: Apache Kafka and Vltava side by side, interleaved, in one run; the result is ratios.
//!
//! ```text
//! run ── servers (started once) ── warm-up ── for each row: A B A B … ── report
//!                                              │
//!                          pages → quiet? → leg: topic → load between two looks at the meter → verify → delete
//! ```
//!
//! `rows.rs` is the table of everything that is measured, `loads/` does it, `raw/` is the client, `README.md` the method.
#![allow(
    clippy::disallowed_methods,
    reason = "a harness measures real time, starts real processes and reads the kernel's own files"
)]

mod failure;
mod jars;
mod leg;
mod loads;
mod machine;
mod meter;
mod pages;
mod raw;
mod report;
mod rows;
mod run;
mod scratch;
mod servers;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// Apache Kafka and Vltava side by side in one run.
#[derive(Parser)]
#[command(name = "bench", version)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Measures and prints the ratios.
    Run(Box<run::Options>),
    /// Says what rows there are, what each does, and what it must reach.
    List,
    /// Fetches Apache Kafka from Maven Central (about 127 MB).
    KafkaJars {
        /// Where the jars go.
        #[arg(long, default_value = jars::DEFAULT_DIRECTORY)]
        into: PathBuf,
    },
}

fn main() -> ExitCode {
    match perform(CommandLine::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Run(options) => run::run(&options),
        Verb::List => {
            print!("{}", report::markdown::row_list());
            Ok(())
        }
        Verb::KafkaJars { into } => jars::fetch(&into),
    }
}
