//! One binary `vltava`: arguments and output, nothing else.

mod config_file;
mod exit;
mod format;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Blocks are freed on other threads than they are made on: frames by whoever answers last.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Vltava: Apache Kafka as one native program.
#[derive(Debug, Parser)]
#[command(name = "vltava", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a node: broker and controller.
    Serve(serve::Serve),
    /// Prepare empty log directories for a cluster.
    Format(format::Format),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve(command) => command.run(),
        Command::Format(command) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
