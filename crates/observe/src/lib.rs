//! Metrics and logs.
//!
//! Metrics carry the names that the usual rules of the JMX exporter give Kafka's MBeans, so that dashboards and alerts made
//! for Kafka work: `kafka_server_brokertopicmetrics_messagesin_total{topic="orders"}`. Timings are summaries with quantiles,
//! which is how the exporter prints Kafka's histograms.

mod log;
mod metrics;
mod summary;

pub use log::start_logging;
pub use metrics::{Counter, Gauge, Page, Registry};
pub use summary::Summary;
