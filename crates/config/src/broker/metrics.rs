//! Metrics and telemetry: how the node reports on itself.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "kafka.metrics.polling.interval.secs" Int = Is("10"), AtLeast(1), Low, ReadOnly, METRICS;
        "How often the older reporters are called, in seconds."
    "kafka.metrics.reporters" List = Is(""), Any, Low, ReadOnly, METRICS;
        "Classes that report metrics in the older form."
    "metric.reporters" List = Is("org.apache.kafka.common.metrics.JmxReporter"), Any, Low, ClusterWide, METRICS;
        "Classes that report metrics."
    "metrics.num.samples" Int = Is("2"), AtLeast(1), Low, ReadOnly, METRICS;
        "How many samples a metric's rate is computed from."
    "metrics.recording.level" Str = Is("INFO"), Any, Low, ReadOnly, METRICS;
        "How detailed the metrics are: `INFO`, `DEBUG` or `TRACE`."
    "metrics.sample.window.ms" Long = Is("30000"), AtLeast(1), Low, ReadOnly, METRICS;
        "How long each sample is, in milliseconds."
    "telemetry.max.bytes" Int = Is("1048576"), AtLeast(1), Low, ReadOnly, TELEMETRY;
        "The most bytes of metrics a client may push at a time."
};
