//! The node's metrics, under the names that the usual JMX exporter rules give Kafka's MBeans.

use std::sync::Arc;
use std::time::Duration;

use observe::{Counter, Registry, Summary};
use wire::ApiKey;

use crate::api;

/// What is counted on the paths that must be fast; everything else is looked up when metrics are printed.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) registry: Registry,
    requests: Vec<Option<RequestMetrics>>,
    pub(crate) messages_in: Arc<Counter>,
    pub(crate) bytes_in: Arc<Counter>,
    pub(crate) bytes_out: Arc<Counter>,
    pub(crate) produce_requests: Arc<Counter>,
    pub(crate) fetch_requests: Arc<Counter>,
    pub(crate) failed_produce: Arc<Counter>,
    pub(crate) failed_fetch: Arc<Counter>,
}

#[derive(Debug)]
struct RequestMetrics {
    count: Arc<Counter>,
    total_time: Arc<Summary>,
}

impl Metrics {
    pub(crate) fn new(registry: Registry) -> Metrics {
        let highest = api::ROWS.iter().map(|row| row.api.code() as usize).max().unwrap_or(0);
        let mut requests: Vec<Option<RequestMetrics>> = std::iter::repeat_with(|| None).take(highest + 1).collect();
        for row in api::ROWS {
            let labels = [("request", row.api.name())];
            requests[row.api.code() as usize] = Some(RequestMetrics {
                count: registry.counter("kafka_network_requestmetrics_requests_total", &labels),
                total_time: registry.summary("kafka_network_requestmetrics_totaltimems", &labels),
            });
        }
        let topics = |name: &str| registry.counter(&format!("kafka_server_brokertopicmetrics_{name}_total"), &[]);
        Metrics {
            requests,
            messages_in: topics("messagesin"),
            bytes_in: topics("bytesin"),
            bytes_out: topics("bytesout"),
            produce_requests: topics("totalproducerequests"),
            fetch_requests: topics("totalfetchrequests"),
            failed_produce: topics("failedproducerequests"),
            failed_fetch: topics("failedfetchrequests"),
            registry,
        }
    }

    /// A request was answered.
    pub(crate) fn request(&self, api: ApiKey, took: Duration) {
        if let Some(Some(metrics)) = self.requests.get(api.code() as usize) {
            metrics.count.add(1);
            metrics.total_time.record(took.as_micros() as u64);
        }
    }
}
