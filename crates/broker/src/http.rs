//! Metrics and health over HTTP, on a listener of their own: `/metrics` (Prometheus text) and `/health`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::node::Node;

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves until `stop`.
pub(crate) async fn serve(listener: TcpListener, node: Arc<Node>, stop: CancellationToken) {
    let pages = Router::new().route("/metrics", get(metrics)).route("/health", get(health)).with_state(node);
    if let Err(error) = axum::serve(listener, pages).with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "the metrics listener failed");
    }
}

async fn metrics(State(node): State<Arc<Node>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, TEXT)], node.metrics.registry.print())
}

/// 200 while the broker serves, 503 while it does not: starting, fenced, or with every directory offline.
async fn health(State(node): State<Arc<Node>>) -> impl IntoResponse {
    let image = node.cluster.image();
    let serving = image.is_active(node.id) && node.directories.iter().any(|directory| !directory.is_offline());
    let (code, word) = if serving { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "not serving") };
    (code, format!("{word}\n"))
}
