//! Listeners and connections: where the node listens, how it is reached, and how much one client may take.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "listeners" List = Is("PLAINTEXT://:9092"), Any, High, PerBroker, Yes;
        "Where the node listens, as `NAME://host:port`, comma separated. An empty host means every interface's \
        default address."
    "advertised.listeners" List = Null, Any, High, ReadOnly, Yes;
        "The addresses that clients are told to use. Unset: the same as `listeners`."
    "listener.security.protocol.map" Str =
        Is("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"), Any, Low, PerBroker, Yes;
        "Which security protocol each listener name stands for, as `NAME:PROTOCOL`, comma separated."
    "inter.broker.listener.name" Str = Null, Any, Medium, ReadOnly, Yes;
        "The listener over which brokers talk to each other."
    "security.inter.broker.protocol" Str = Is("PLAINTEXT"), OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
        Medium, ReadOnly, Yes;
        "Names the listener between brokers by its protocol. Set either this or `inter.broker.listener.name`."
    "early.start.listeners" List = Null, Any, High, ReadOnly, AUTHORIZER;
        "Listeners that answer before the authorizer has loaded its rules."
    "connections.max.idle.ms" Long = Is("600000"), Any, Medium, ReadOnly, Yes;
        "A connection without traffic for this long is closed, in milliseconds; a negative number means never."
    "connections.max.reauth.ms" Long = Is("0"), Any, Medium, ReadOnly, SASL;
        "How long an authenticated session lasts before the client must authenticate again, in milliseconds; 0 means \
        for good."
    "connection.failed.authentication.delay.ms" Int = Is("100"), AtLeast(0), Low, ReadOnly, SASL;
        "How long the answer to a failed authentication is held back, in milliseconds."
    "max.connections" Int = Is("2147483647"), AtLeast(0), Medium, ClusterWide, Yes;
        "The most connections open on this broker at once."
    "max.connections.per.ip" Int = Is("2147483647"), AtLeast(0), Medium, ClusterWide, Yes;
        "The most connections open from one address at once."
    "max.connections.per.ip.overrides" Str = Is(""), Any, Medium, ClusterWide, QUOTAS;
        "Other limits for some addresses, as `address:count`, comma separated."
    "max.connection.creation.rate" Int = Is("2147483647"), AtLeast(0), Medium, ClusterWide, QUOTAS;
        "The most new connections a second."
    "num.network.threads" Int = Is("3"), AtLeast(1), High, ClusterWide, THREADS;
        "Threads that read requests and send answers."
    "num.io.threads" Int = Is("8"), AtLeast(1), High, ClusterWide, THREADS;
        "Threads that work on requests."
    "queued.max.requests" Int = Is("500"), AtLeast(1), High, ReadOnly, NO_QUEUE;
        "The most requests waiting for a thread."
    "queued.max.request.bytes" Long = Is("-1"), Any, Medium, ReadOnly, Yes;
        "The most bytes of received requests in memory; -1 leaves the limit to `vltava.request.memory.bytes`."
    "request.timeout.ms" Int = Is("30000"), Any, High, ReadOnly, CLUSTERS;
        "How long this node waits for an answer of another one, in milliseconds."
    "socket.connection.setup.timeout.ms" Long = Is("10000"), Any, Medium, ReadOnly, CLUSTERS;
        "How long this node first waits for a connection to another one, in milliseconds."
    "socket.connection.setup.timeout.max.ms" Long = Is("30000"), Any, Medium, ReadOnly, CLUSTERS;
        "The longest wait for a connection after repeated failures, in milliseconds."
    "socket.listen.backlog.size" Int = Is("4096"), AtLeast(1), Medium, ReadOnly, Yes;
        "How many connections may wait to be accepted on a listener. Kafka's default is 50; here it is 4096, so that \
        a crowd of reconnecting clients is not turned away."
    "socket.receive.buffer.bytes" Int = Is("102400"), Any, High, ReadOnly, Yes;
        "The kernel's receive buffer of a connection, in bytes; -1 leaves it to the operating system."
    "socket.send.buffer.bytes" Int = Is("102400"), Any, High, ReadOnly, Yes;
        "The kernel's send buffer of a connection, in bytes; -1 leaves it to the operating system."
    "socket.request.max.bytes" Int = Is("104857600"), AtLeast(1), High, ReadOnly, Yes;
        "The largest request a client may send, in bytes; a larger one closes its connection."
};
