//! The registry: counters, gauges and summaries by name and labels, printed as Prometheus text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::RwLock;

use crate::Summary;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `amount`.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// The sum so far.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds `amount`, which may be negative.
    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// The number now.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Debug)]
enum Metric {
    Counter(Arc<Counter>),
    Gauge(Arc<Gauge>),
    Summary(Arc<Summary>),
}

type Collector = Box<dyn Fn(&mut Page) + Send + Sync>;

/// All metrics of a node. Clones share them.
#[derive(Clone, Default)]
pub struct Registry(Arc<Inner>);

#[derive(Default)]
struct Inner {
    metrics: RwLock<BTreeMap<String, BTreeMap<String, Metric>>>,
    collectors: RwLock<Vec<Collector>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

impl Registry {
    /// The counter of this name and these labels; made when missing. The name ends in `_total`.
    pub fn counter(&self, name: &str, labels: &[(&str, &str)]) -> Arc<Counter> {
        match self.get_or_make(name, labels, || Metric::Counter(Arc::default())) {
            Metric::Counter(counter) => counter,
            other => panic!("metric {name} is registered as {other:?}"),
        }
    }

    /// The gauge of this name and these labels; made when missing.
    pub fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> Arc<Gauge> {
        match self.get_or_make(name, labels, || Metric::Gauge(Arc::default())) {
            Metric::Gauge(gauge) => gauge,
            other => panic!("metric {name} is registered as {other:?}"),
        }
    }

    /// The summary of this name and these labels; made when missing. Its values are thousandths of the printed unit
    /// (microseconds, when the name says milliseconds).
    pub fn summary(&self, name: &str, labels: &[(&str, &str)]) -> Arc<Summary> {
        match self.get_or_make(name, labels, || Metric::Summary(Arc::default())) {
            Metric::Summary(summary) => summary,
            other => panic!("metric {name} is registered as {other:?}"),
        }
    }

    /// Calls `collector` each time the metrics are printed: for numbers that are known where they arise.
    pub fn collect_with(&self, collector: impl Fn(&mut Page) + Send + Sync + 'static) {
        self.0.collectors.write().push(Box::new(collector));
    }

    /// Forgets the metrics that carry this label with this value: the thing they speak of is gone.
    pub fn forget(&self, label: &str, value: &str) {
        let part = labels_text(&[(label, value)]);
        let part = part.trim_matches(['{', '}']);
        for family in self.0.metrics.write().values_mut() {
            family.retain(|labels, _| !labels.contains(part));
        }
    }

    fn get_or_make(&self, name: &str, labels: &[(&str, &str)], make: impl Fn() -> Metric) -> Metric {
        let labels = labels_text(labels);
        if let Some(metric) = self.0.metrics.read().get(name).and_then(|family| family.get(&labels)) {
            return metric.clone();
        }
        self.0.metrics.write().entry(name.to_owned()).or_default().entry(labels).or_insert_with(make).clone()
    }

    /// Everything, in Prometheus' text format (version 0.0.4).
    pub fn print(&self) -> String {
        let mut page = Page::default();
        for collector in self.0.collectors.read().iter() {
            collector(&mut page);
        }
        for (name, family) in self.0.metrics.read().iter() {
            for (labels, metric) in family {
                match metric {
                    Metric::Counter(counter) => page.line(name, "counter", labels, counter.value() as f64),
                    Metric::Gauge(gauge) => page.line(name, "gauge", labels, gauge.value() as f64),
                    Metric::Summary(summary) => page.summary(name, labels, summary),
                }
            }
        }
        page.finish()
    }
}

/// The page that is being printed: metrics by name, so that all lines of one name stand together.
#[derive(Debug, Default)]
pub struct Page(BTreeMap<String, (&'static str, String)>);

const QUANTILES: [f64; 6] = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];

impl Page {
    /// Prints one gauge.
    pub fn gauge(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.line(name, "gauge", &labels_text(labels), value);
    }

    /// Prints one counter.
    pub fn counter(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.line(name, "counter", &labels_text(labels), value as f64);
    }

    fn line(&mut self, name: &str, kind: &'static str, labels: &str, value: f64) {
        let lines = &mut self.0.entry(name.to_owned()).or_insert_with(|| (kind, String::new())).1;
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{name}{labels} {value}");
    }

    fn summary(&mut self, name: &str, labels: &str, summary: &Summary) {
        let lines = &mut self.0.entry(name.to_owned()).or_insert_with(|| ("summary", String::new())).1;
        let inner = labels.trim_matches(['{', '}']);
        let comma = if inner.is_empty() { "" } else { "," };
        for quantile in QUANTILES {
            let value = summary.quantile(quantile) as f64 / 1_000.0;
            let _ = writeln!(lines, "{name}{{{inner}{comma}quantile=\"{quantile}\"}} {value}");
        }
        let _ = writeln!(lines, "{name}_sum{labels} {}", summary.sum() as f64 / 1_000.0);
        let _ = writeln!(lines, "{name}_count{labels} {}", summary.count());
    }

    fn finish(self) -> String {
        let mut text = String::new();
        for (name, (kind, lines)) in self.0 {
            let _ = write!(text, "# TYPE {name} {kind}\n{lines}");
        }
        text
    }
}

fn labels_text(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_a_scraper_reads() {
        let registry = Registry::default();
        registry.counter("a_total", &[("topic", "x\"y")]).add(3);
        registry.gauge("b", &[]).set(-2);
        registry.collect_with(|page| page.gauge("c", &[("d", "e")], 0.5));
        registry.summary("t_ms", &[("request", "Fetch")]).record(1_500);
        let text = registry.print();
        for line in [
            "# TYPE a_total counter\na_total{topic=\"x\\\"y\"} 3\n",
            "b -2\n",
            "c{d=\"e\"} 0.5\n",
            "t_ms{request=\"Fetch\",quantile=\"0.99\"} 1.5\n",
            "t_ms_count{request=\"Fetch\"} 1\n",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }

    #[test]
    fn the_same_name_is_the_same_metric_until_forgotten() {
        let registry = Registry::default();
        registry.counter("a_total", &[("topic", "x")]).add(1);
        registry.counter("a_total", &[("topic", "x")]).add(1);
        assert_eq!(registry.counter("a_total", &[("topic", "x")]).value(), 2);
        registry.forget("topic", "x");
        assert!(!registry.print().contains("a_total"));
    }
}
