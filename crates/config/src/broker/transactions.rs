//! Producers and transactions: producer ids, and transactions over several partitions.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "producer.id.expiration.ms" Int = Is("86400000"), AtLeast(1), Low, ClusterWide, Yes;
        "How long an idle producer is remembered by its partitions, in milliseconds."
    "producer.id.expiration.check.interval.ms" Int = Is("600000"), AtLeast(1), Internal, ReadOnly, Yes;
        "How often idle producers are looked for, in milliseconds."
    "add.partitions.to.txn.retry.backoff.ms" Int = Is("20"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "The pause before a partition is added to a transaction again, in milliseconds."
    "add.partitions.to.txn.retry.backoff.max.ms" Int = Is("100"), AtLeast(0), High, ReadOnly, TRANSACTIONS;
        "How long adding a partition to a transaction is tried in all, in milliseconds."
    "transaction.max.timeout.ms" Int = Is("900000"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "The longest transaction timeout a producer may ask for, in milliseconds."
    "transaction.abort.timed.out.transaction.cleanup.interval.ms" Int = Is("10000"), AtLeast(1),
        Low, ReadOnly, TRANSACTIONS;
        "How often transactions past their timeout are looked for and aborted, in milliseconds."
    "transaction.remove.expired.transaction.cleanup.interval.ms" Int = Is("3600000"), AtLeast(1),
        Low, ReadOnly, TRANSACTIONS;
        "How often unused transactional ids are looked for and removed, in milliseconds."
    "transactional.id.expiration.ms" Int = Is("604800000"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "How long an unused transactional id is remembered, in milliseconds."
    "transaction.partition.verification.enable" Bool = Is("true"), Any, Low, ClusterWide, TRANSACTIONS;
        "Whether a partition asks the coordinator that a transaction is really open before it accepts its records."
    "transaction.two.phase.commit.enable" Bool = Is("false"), Any, Low, ReadOnly, TRANSACTIONS;
        "Whether producers may take part in a commit that an outside coordinator decides."
    "transaction.state.log.load.buffer.size" Int = Is("5242880"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "How many bytes of the transaction topic are read at a time when a coordinator starts."
    "transaction.state.log.min.isr" Int = Is("2"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "How many in-sync replicas the transaction topic needs for a write."
    "transaction.state.log.num.partitions" Int = Is("50"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "How many partitions the transaction topic is created with. It must not change afterwards."
    "transaction.state.log.replication.factor" Short = Is("3"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "How many replicas the transaction topic is created with."
    "transaction.state.log.segment.bytes" Int = Is("104857600"), AtLeast(1), High, ReadOnly, TRANSACTIONS;
        "The segment size the transaction topic is created with, in bytes."
};
