//! `vltava serve [FILE] [--set KEY=VALUE]…`: a node, until Ctrl-C or SIGTERM.

mod start_page;

use std::path::PathBuf;

use broker::{Server, ServerOptions};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::config_file;
use crate::exit::Failure;

/// Start a node: broker and controller.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vltava serve                                   a node on localhost:9092, data in ./vltava-data
  vltava serve server.properties                 a node with Apache Kafka's configuration file
  vltava serve --set log.dirs=/data --set num.partitions=8")]
pub(crate) struct Serve {
    /// Apache Kafka's server.properties, as it is. Without it: a lone node on localhost:9092 with its data in ./vltava-data.
    file: Option<PathBuf>,
    /// Set a key, on top of the file.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// What to log: error, warn, info, debug, trace, or a filter such as `info,broker=debug`.
    #[arg(long, default_value = "info", value_name = "FILTER")]
    log: String,
}

impl Serve {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (settings, warnings) = config_file::load(self.file.as_deref(), &self.set)?;
        // Somebody may have started logging before: then it is theirs.
        let _ = observe::start_logging(&self.log);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("vltava").build()?;
        let result = runtime.block_on(async {
            let mut options = ServerOptions::new(settings.clone());
            options.formats_itself = self.file.is_none();
            let server = Server::start(options).await?;
            start_page::print(&server, &settings, &warnings);
            let stopped = until_stopped(&server).await;
            server.stop().await.map_err(Failure::new)?;
            stopped
        });
        runtime.shutdown_timeout(std::time::Duration::from_secs(2));
        result
    }
}

/// Waits for a signal (fine) or for the node's failure (not fine).
async fn until_stopped(server: &Server) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        biased;
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        reason = server.failed() => return Err(Failure::new(format!("the node cannot go on: {reason}"))),
    }
    eprintln!("stopping…");
    Ok(())
}
