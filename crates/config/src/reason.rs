//! Why some keys have no effect, one sentence part each: it stands in warnings and in the documentation.

use crate::key::Acted::{self, Inert, NotYet};

pub(crate) const AUTHORIZER: Acted = NotYet("access rules are not enforced: every client may do everything");
pub(crate) const CLUSTERS: Acted = NotYet("replication comes with clusters of several nodes");
pub(crate) const COMPACTION: Acted = NotYet("compaction is not there yet");
pub(crate) const GROWING: Acted = NotYet("segments grow as they are written");
pub(crate) const KERBEROS: Acted = NotYet("Kerberos needs SASL listeners, which are not served yet");
pub(crate) const NEXT_GROUPS: Acted = NotYet("only the classic group protocol is served");
pub(crate) const OAUTH: Acted = NotYet("OAUTHBEARER needs SASL listeners, which are not served yet");
pub(crate) const PLAIN_OFFSETS: Acted = NotYet("offsets are written without compression");
pub(crate) const PROVIDERS: Acted = NotYet("values are taken as they are written");
pub(crate) const QUOTAS: Acted = NotYet("quotas are not enforced");
pub(crate) const SASL: Acted = NotYet("SASL listeners are not served yet");
pub(crate) const SHARE: Acted = NotYet("share groups are not served yet");
pub(crate) const STREAMS: Acted = NotYet("streams groups are not served yet");
pub(crate) const TELEMETRY: Acted = NotYet("clients cannot push metrics yet");
pub(crate) const TIERED: Acted = NotYet("remote storage is not there yet");
pub(crate) const TLS: Acted = NotYet("TLS listeners are not served yet");
pub(crate) const TOKENS: Acted = NotYet("delegation tokens need SASL listeners, which are not served yet");
pub(crate) const TRANSACTIONS: Acted = NotYet("transactions are not served yet");

pub(crate) const COMMIT_NOW: Acted = Inert("records are written at once, in groups that form while the disk is busy");
pub(crate) const EVENTS: Acted = Inert("waiting requests are woken by events and leave nothing behind to clear away");
pub(crate) const BY_SIZE: Acted = Inert("snapshots of the metadata log, and what they let go, follow its size alone");
pub(crate) const FIXED: Acted = Inert("one figure serves every node");
pub(crate) const WITH_RECOVERY_POINTS: Acted =
    Inert("log starts are written together with recovery points, every `log.flush.offset.checkpoint.interval.ms`");
pub(crate) const JVM: Acted = Inert("it belongs to the Java virtual machine, and there is none here");
pub(crate) const METRICS: Acted = Inert("metrics are served as Prometheus text on `vltava.metrics.listener`");
pub(crate) const NO_QUEUE: Acted =
    Inert("requests do not queue for threads; `vltava.request.memory.bytes` bounds what is received");
pub(crate) const SLOW_EVENTS: Acted = Inert("slow controller events are not logged one by one");
pub(crate) const THREADS: Acted = Inert("one thread a processor does all the work; there are no pools to size");
pub(crate) const UNBOUNDED: Acted = Inert("starting has no time limit");
pub(crate) const UNSTABLE: Acted = Inert("only finished versions are offered");
