//! The keys that Kafka does not have. They begin with `vltava.`, so that a file with them still starts Apache Kafka.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "vltava.durability" Str = Is("replicated-or-synced"), OneOf(&["replicated-or-synced", "synced", "kafka"]),
        High, ReadOnly, Yes;
        "When a write with acks=all is acknowledged: with `replicated-or-synced` once two machines have it or it is \
        synced to disk, with `synced` once every in-sync replica has synced it, with `kafka` without any sync."
    "vltava.metrics.listener" Str = Is("localhost:9644"), HostPortOrEmpty, Medium, ReadOnly, Yes;
        "Where metrics and health are served over HTTP, as `host:port`. Empty: nowhere."
    "vltava.request.memory.bytes" Long = Is("268435456"), AtLeast(1048576), High, ReadOnly, Yes;
        "The most memory that received requests in work take on this node, in bytes; when it is used up, connections \
        wait. Never less than one request of `socket.request.max.bytes`."
    "vltava.connection.pipeline" Int = Is("64"), Between(1, 4096), Medium, ReadOnly, Yes;
        "How many requests of one connection are worked on at once; their answers keep their order."
    "vltava.max.groups" Int = Is("100000"), AtLeast(1), Medium, ReadOnly, Yes;
        "The most groups in one partition of the offsets topic."
    "vltava.max.producers.per.partition" Int = Is("100000"), AtLeast(1), Medium, ReadOnly, Yes;
        "The most idempotent producers remembered for one partition."
};
