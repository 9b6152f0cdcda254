//! The broker under test: its clients, fresh names, time limits, and waiting for what becomes true after a while.

use std::fmt::Debug;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

/// How long one condition may take to become true.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long one test may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Runs a test within its time limit.
pub fn limited(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let body = thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match ended.recv_timeout(LIMIT) {
        Err(RecvTimeoutError::Timeout) => panic!("the test took longer than {LIMIT:?}"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {
            if let Err(panic) = body.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// A name that no other test and no other run uses.
pub fn fresh(what: &str) -> String {
    static RUN: LazyLock<u128> = LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis());
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    format!("rust-{what}-{:x}-{}-{serial}", *RUN, std::process::id())
}

/// Asks again and again until the answer fits and returns it; panics with the last answer.
pub fn eventually<T: Debug>(what: &str, mut ask: impl FnMut() -> T, fits: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if fits(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "never true: {what}; last answer: {answer:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits for a future; the clients here have threads of their own.
pub fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn config() -> ClientConfig {
    let address = std::env::var("BOOTSTRAP").expect("BOOTSTRAP must name the broker, for example 127.0.0.1:9092");
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address);
    config
}

pub fn admin() -> AdminClient<DefaultClientContext> {
    config().create().unwrap()
}

pub fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}

pub fn consumer(group: &str) -> BaseConsumer {
    config()
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "500")
        .create()
        .unwrap()
}

/// Creates a topic and returns its name once every partition has a leader.
pub fn topic(partitions: i32) -> String {
    let name = fresh("topic");
    let admin = admin();
    let wanted = NewTopic::new(&name, partitions, TopicReplication::Fixed(1));
    assert_eq!(wait(admin.create_topics([&wanted], &options())).unwrap(), [Ok(name.clone())]);
    eventually("leaders", || leaders(&admin, &name), |led| *led == partitions as usize);
    name
}

pub fn leaders(admin: &AdminClient<DefaultClientContext>, topic: &str) -> usize {
    let metadata = admin.inner().fetch_metadata(Some(topic), PATIENCE).unwrap();
    let partitions = metadata.topics()[0].partitions();
    partitions.iter().filter(|partition| partition.leader() >= 0 && partition.error().is_none()).count()
}

/// Sends `key-i` / `value-i` to one partition and returns the acknowledged offsets.
pub fn produce(topic: &str, partition: i32, count: usize, settings: &[(&str, &str)]) -> Vec<i64> {
    let mut config = config();
    for (key, value) in settings {
        config.set(*key, *value);
    }
    let producer: FutureProducer = config.create().unwrap();
    let sent: Vec<_> = (0..count)
        .map(|i| {
            let (key, value) = (format!("key-{i}"), format!("value-{i}"));
            let record = FutureRecord::to(topic).partition(partition).key(&key).payload(&value);
            producer.send_result(record).map_err(|(error, _)| error).unwrap()
        })
        .collect();
    producer.flush(PATIENCE).unwrap();
    sent.into_iter().map(|one| wait(one).unwrap().map_err(|(error, _)| error).unwrap().offset).collect()
}

/// Reads exactly `count` records.
pub fn poll(consumer: &BaseConsumer, count: usize) -> Vec<OwnedMessage> {
    let deadline = Instant::now() + PATIENCE;
    let mut messages = Vec::new();
    while messages.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} records came", messages.len());
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            messages.push(message.unwrap().detach());
        }
    }
    messages
}

/// Reads exactly `count` records of one partition, from an offset.
pub fn read(topic: &str, partition: i32, from: Offset, count: usize) -> Vec<OwnedMessage> {
    let consumer = consumer(&fresh("no-group"));
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, from).unwrap();
    consumer.assign(&assignment).unwrap();
    poll(&consumer, count)
}

/// A message's key and value as text.
pub fn texts(message: &OwnedMessage) -> (Option<&str>, Option<&str>) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (message.key().map(text), message.payload().map(text))
}
