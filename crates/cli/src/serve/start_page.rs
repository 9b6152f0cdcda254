//! What a node says when it is up: where it is, where its data is, and how to send a first record.

use broker::Server;
use config::{Settings, Warning};

/// Warnings that are printed one by one; the rest is counted.
const MAX_WARNINGS: usize = 20;

pub(crate) fn print(server: &Server, settings: &Settings, warnings: &[Warning]) {
    for warning in warnings.iter().take(MAX_WARNINGS) {
        eprintln!("warning: {warning}");
    }
    if warnings.len() > MAX_WARNINGS {
        eprintln!("warning: and {} more settings without effect", warnings.len() - MAX_WARNINGS);
    }
    for feature in server.unserved_features() {
        eprintln!("warning: the cluster has finalised {feature}, which this version does not serve yet");
    }
    let address = server.address().map_or_else(String::new, |address| address.to_string());
    println!("Vltava {}", env!("CARGO_PKG_VERSION"));
    for (name, address) in server.addresses() {
        println!("  {:<10} {address}", name.to_lowercase());
    }
    if let Some(metrics) = server.metrics_address() {
        println!("  {:<10} http://{metrics}/metrics", "metrics");
    }
    println!("  {:<10} {}", "data", settings.log_dirs().join(", "));
    println!("  {:<10} {} (node {})", "cluster", server.cluster_id(), server.node_id());
    println!();
    println!("Send a first record:");
    println!("  echo hello | kcat -P -b {address} -t first && kcat -C -b {address} -t first -e");
    println!("Stop with Ctrl-C.");
}
