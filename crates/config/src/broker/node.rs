//! Node and roles: who this node is, what it does in the cluster, how it starts and leaves.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "process.roles" List = Required, EachOf(&["broker", "controller"]), High, ReadOnly, Yes;
        "What this node does: `broker`, `controller`, or both in one process."
    "node.id" Int = Required, AtLeast(0), High, ReadOnly, Yes;
        "The id of this node, unique among all brokers and controllers of the cluster."
    "broker.id" Int = Is("-1"), Any, High, ReadOnly, Yes;
        "The older name of `node.id`. If both are set they must be equal."
    "broker.rack" Str = Null, Any, Medium, ReadOnly, Yes;
        "The rack or zone this broker stands in; told to clients and used to spread replicas."
    "initial.broker.registration.timeout.ms" Int = Is("60000"), Any, Medium, ReadOnly, CLUSTERS;
        "How long a starting broker waits for the controller to register it before it gives up, in milliseconds."
    "broker.heartbeat.interval.ms" Int = Is("2000"), Any, Medium, ReadOnly, Yes;
        "How often a broker tells the controller that it is alive, in milliseconds."
    "broker.session.timeout.ms" Int = Is("9000"), Any, Medium, ReadOnly, Yes;
        "How long the controller waits for a heartbeat before it fences a broker, in milliseconds."
    "controlled.shutdown.enable" Bool = Is("true"), Any, Medium, ReadOnly, CLUSTERS;
        "Whether a stopping broker first hands its leaderships to other brokers."
    "server.max.startup.time.ms" Long = Is("9223372036854775807"), AtLeast(0), Internal, ReadOnly, UNBOUNDED;
        "How long starting may take before the node gives up, in milliseconds."
    "background.threads" Int = Is("10"), AtLeast(1), High, ClusterWide, THREADS;
        "Threads for background work such as retention."
    "config.providers" List = Is(""), Any, Low, ClusterWide, PROVIDERS;
        "Names of the providers that replace `${provider:path:key}` in values."
    "alter.config.policy.class.name" Class = Null, Any, Low, ReadOnly, JVM;
        "A class that may refuse a change of configuration."
    "create.topic.policy.class.name" Class = Null, Any, Low, ReadOnly, JVM;
        "A class that may refuse the creation of a topic."
    "unstable.api.versions.enable" Bool = Is("false"), Any, Internal, ReadOnly, UNSTABLE;
        "Offer versions of requests that are still being designed."
    "unstable.feature.versions.enable" Bool = Is("false"), Any, Internal, ReadOnly, UNSTABLE;
        "Allow feature levels that are still being designed."
};
