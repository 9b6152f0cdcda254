//! Controller quorum and metadata log: how the controllers elect a leader and how they keep the cluster's metadata.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "controller.listener.names" List = Required, Any, High, ReadOnly, Yes;
        "Names of the listeners that serve controllers, comma separated; the first one is used to reach them."
    "controller.quorum.voters" List = Is(""), Voters, High, ReadOnly, Yes;
        "The fixed set of voting controllers, as `id@host:port`, comma separated. Empty where voters are kept in the \
        metadata log itself."
    "controller.quorum.bootstrap.servers" List = Is(""), HostPorts, High, ReadOnly, Yes;
        "Addresses `host:port` at which the quorum can be found, for nodes whose voters are kept in the metadata log."
    "controller.quorum.election.timeout.ms" Int = Is("1000"), AtLeast(0), High, ReadOnly, Yes;
        "How long a candidate waits for votes before it starts a new election, in milliseconds."
    "controller.quorum.election.backoff.max.ms" Int = Is("1000"), AtLeast(0), High, ReadOnly, Yes;
        "The longest random pause between two elections, in milliseconds."
    "controller.quorum.fetch.timeout.ms" Int = Is("2000"), AtLeast(0), High, ReadOnly, Yes;
        "How long a follower goes without hearing from the leader, and a leader without a majority, before it acts; \
        in milliseconds."
    "controller.quorum.fetch.max.bytes" Int = Is("1048576"), AtLeast(1), Low, ReadOnly, CLUSTERS;
        "The most bytes of metadata log that one fetch between controllers returns."
    "controller.quorum.fetch.snapshot.max.bytes" Int = Is("1048576"), AtLeast(1), Low, ReadOnly, CLUSTERS;
        "The most bytes of a metadata snapshot that one request returns."
    "controller.quorum.request.timeout.ms" Int = Is("2000"), AtLeast(0), Medium, ReadOnly, Yes;
        "How long a request between controllers may take before it is tried again, in milliseconds."
    "controller.quorum.retry.backoff.ms" Int = Is("20"), AtLeast(0), Low, ReadOnly, CLUSTERS;
        "The pause before a failed request between controllers is sent again, in milliseconds."
    "controller.quorum.append.linger.ms" Int = Is("25"), AtLeast(0), Medium, ReadOnly, COMMIT_NOW;
        "How long the leader collects metadata records before it writes them, in milliseconds."
    "controller.quorum.auto.join.enable" Bool = Is("false"), Any, Low, ReadOnly, CLUSTERS;
        "Whether a controller that is no voter yet asks to become one by itself."
    "controller.performance.always.log.threshold.ms" Long = Is("2000"), AtLeast(0), Internal, ReadOnly, SLOW_EVENTS;
        "Controller events slower than this many milliseconds are always logged."
    "controller.performance.sample.period.ms" Long = Is("60000"), AtLeast(100), Internal, ReadOnly, SLOW_EVENTS;
        "The period over which the controller's slow events are summed up, in milliseconds."
    "controller.socket.timeout.ms" Int = Is("30000"), Any, Medium, ReadOnly, CLUSTERS;
        "How long a request from a broker to the controller may take, in milliseconds."
    "metadata.log.dir" Str = Null, Any, High, ReadOnly, Yes;
        "The directory of the metadata log. Unset: the first of the log directories."
    "metadata.log.segment.bytes" Int = Is("1073741824"), AtLeast(8388608), High, ReadOnly, Yes;
        "The size at which the metadata log starts a new segment, in bytes."
    "metadata.log.segment.ms" Long = Is("604800000"), Any, High, ReadOnly, Yes;
        "The age at which the metadata log starts a new segment, in milliseconds."
    "metadata.log.max.record.bytes.between.snapshots" Long = Is("20971520"), AtLeast(1), High, ReadOnly, Yes;
        "How many bytes of new metadata records lead to a new snapshot."
    "metadata.log.max.snapshot.interval.ms" Long = Is("3600000"), AtLeast(0), High, ReadOnly, BY_SIZE;
        "The longest time between two snapshots while there are new records, in milliseconds; 0 means no such limit."
    "metadata.max.idle.interval.ms" Int = Is("500"), AtLeast(0), Low, ReadOnly, CLUSTERS;
        "How often an idle leader writes an empty record, in milliseconds; 0 means never."
    "metadata.max.retention.bytes" Long = Is("104857600"), Any, High, ReadOnly, Yes;
        "How many bytes of metadata log and snapshots are kept before the oldest go; a negative number means all."
    "metadata.max.retention.ms" Long = Is("604800000"), Any, High, ReadOnly, BY_SIZE;
        "How long metadata log and snapshots are kept, in milliseconds; a negative number means forever."
    "internal.metadata.delete.delay.millis" Long = Is("60000"), Any, Internal, ReadOnly, BY_SIZE;
        "How long a removed metadata file waits before it is deleted, in milliseconds."
    "internal.metadata.log.segment.bytes" Int = Null, Any, Internal, ReadOnly, Yes;
        "Replaces `metadata.log.segment.bytes` in tests, in bytes, without its lower bound."
    "internal.metadata.max.batch.size.in.bytes" Int = Is("8388608"), Any, Internal, ReadOnly, Yes;
        "The largest batch of metadata records, in bytes."
};
