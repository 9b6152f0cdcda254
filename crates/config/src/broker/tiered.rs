//! Remote storage: segments that move to an object store.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "remote.log.storage.system.enable" Bool = Is("false"), Any, Medium, ReadOnly, TIERED;
        "Whether topics may keep segments in remote storage."
    "remote.log.storage.manager.class.name" Str = Null, NonEmpty, Medium, ReadOnly, JVM;
        "The class that moves segments to and from remote storage."
    "remote.log.storage.manager.class.path" Str = Null, Any, Medium, ReadOnly, JVM;
        "Where the code of that class is."
    "remote.log.storage.manager.impl.prefix" Str = Is("rsm.config."), NonEmpty, Medium, ReadOnly, JVM;
        "The prefix of the keys that are handed to that class."
    "remote.log.metadata.manager.class.name" Str =
        Is("org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager"), NonEmpty,
        Medium, ReadOnly, JVM;
        "The class that keeps the list of remote segments."
    "remote.log.metadata.manager.class.path" Str = Null, Any, Medium, ReadOnly, JVM;
        "Where the code of that class is."
    "remote.log.metadata.manager.impl.prefix" Str = Is("rlmm.config."), NonEmpty, Medium, ReadOnly, JVM;
        "The prefix of the keys that are handed to that class."
    "remote.log.metadata.manager.listener.name" Str = Null, NonEmpty, Medium, ReadOnly, TIERED;
        "The listener over which the list of remote segments is read and written."
    "remote.log.metadata.custom.metadata.max.bytes" Int = Is("128"), AtLeast(0), Low, ReadOnly, TIERED;
        "The most bytes of its own data a remote store may attach to a segment."
    "remote.log.index.file.cache.total.size.bytes" Long = Is("1073741824"), AtLeast(1), Low, ClusterWide, TIERED;
        "How many bytes of local disk may hold indexes of remote segments."
    "remote.log.index.file.cache.ttl.ms" Long = Is("900000"), AtLeast(-1), Internal, ReadOnly, TIERED;
        "How long an unused index of a remote segment stays on local disk, in milliseconds; -1 means without limit."
    "remote.log.manager.thread.pool.size" Int = Is("2"), AtLeast(1), Medium, ReadOnly, THREADS;
        "Threads that follow remote segments."
    "remote.log.manager.copier.thread.pool.size" Int = Is("10"), AtLeast(1), Medium, ClusterWide, TIERED;
        "How many segments are copied to remote storage at a time."
    "remote.log.manager.expiration.thread.pool.size" Int = Is("10"), AtLeast(1), Medium, ClusterWide, TIERED;
        "How many partitions have remote segments removed at a time."
    "remote.log.manager.follower.thread.pool.size" Int = Is("2"), AtLeast(1), Medium, ClusterWide, TIERED;
        "How many followed partitions read remote metadata at a time."
    "remote.log.manager.copy.max.bytes.per.second" Long = Is("9223372036854775807"), AtLeast(1),
        Medium, ClusterWide, TIERED;
        "The most bytes a second copied to remote storage."
    "remote.log.manager.copy.quota.window.num" Int = Is("11"), AtLeast(1), Medium, ReadOnly, TIERED;
        "How many windows that rate is averaged over."
    "remote.log.manager.copy.quota.window.size.seconds" Int = Is("1"), AtLeast(1), Medium, ReadOnly, TIERED;
        "How long each of those windows is, in seconds."
    "remote.log.manager.fetch.max.bytes.per.second" Long = Is("9223372036854775807"), AtLeast(1),
        Medium, ClusterWide, TIERED;
        "The most bytes a second read from remote storage."
    "remote.log.manager.fetch.quota.window.num" Int = Is("11"), AtLeast(1), Medium, ReadOnly, TIERED;
        "How many windows that rate is averaged over."
    "remote.log.manager.fetch.quota.window.size.seconds" Int = Is("1"), AtLeast(1), Medium, ReadOnly, TIERED;
        "How long each of those windows is, in seconds."
    "remote.log.manager.task.interval.ms" Long = Is("30000"), AtLeast(1), Low, ReadOnly, TIERED;
        "How often segments to copy or remove are looked for, in milliseconds."
    "remote.log.manager.task.retry.backoff.ms" Long = Is("500"), AtLeast(1), Internal, ReadOnly, TIERED;
        "The first pause after remote storage failed, in milliseconds."
    "remote.log.manager.task.retry.backoff.max.ms" Long = Is("30000"), AtLeast(1), Internal, ReadOnly, TIERED;
        "The longest pause after remote storage failed, in milliseconds."
    "remote.log.manager.task.retry.jitter" Double = Is("0.2"), Within(0.0, 0.5), Internal, ReadOnly, TIERED;
        "The random part of those pauses, from 0 to 0.5."
    "remote.log.reader.threads" Int = Is("10"), AtLeast(1), Medium, ClusterWide, TIERED;
        "How many remote reads run at a time."
    "remote.log.reader.max.pending.tasks" Int = Is("100"), AtLeast(1), Medium, ReadOnly, TIERED;
        "How many remote reads may wait their turn."
    "remote.fetch.max.wait.ms" Int = Is("500"), AtLeast(1), Medium, ClusterWide, TIERED;
        "How long a fetch waits for remote storage, in milliseconds."
    "remote.list.offsets.request.timeout.ms" Long = Is("30000"), AtLeast(1), Medium, ClusterWide, TIERED;
        "How long a search for an offset in remote storage may take, in milliseconds."
    "follower.fetch.last.tiered.offset.enable" Bool = Is("false"), Any, Medium, ClusterWide, TIERED;
        "Whether an empty follower starts behind what is already in remote storage instead of copying everything."
};
