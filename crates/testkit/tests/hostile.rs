//! Bytes from nowhere: the connection that sends them ends, everybody else is served.

use std::time::Duration;

use testkit::{Client, TestBroker, produce_request};

async fn still_serves(broker: &TestBroker) {
    let mut client = Client::connect(broker.address()).await;
    let answer = client.ask(9, &produce_request("t", 0, &["well"])).await;
    assert_eq!(answer.responses.len(), 1);
}

async fn closes(broker: &TestBroker, name: &str, bytes: &[u8]) {
    let mut client = Client::connect(broker.address()).await;
    client.send_raw(bytes).await;
    let answer = tokio::time::timeout(Duration::from_secs(20), client.receive_raw()).await;
    assert_eq!(answer.unwrap_or_else(|_| panic!("{name}: the connection stays open")), None, "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_ends_the_connection_and_nothing_else() {
    let broker = TestBroker::in_memory().await;
    let frames: &[(&str, &[u8])] = &[
        ("size -1", &[0xff, 0xff, 0xff, 0xff]),
        ("size 0", &[0, 0, 0, 0]),
        ("size 3, shorter than a header", &[0, 0, 0, 3, 0, 18, 0]),
        ("size 2^31-1", &[0x7f, 0xff, 0xff, 0xff]),
        ("TLS ClientHello", &[0x16, 0x03, 0x01, 0x00, 0xa5, 0x01, 0x00, 0x00, 0xa1, 0x03, 0x03]),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("api key 32767", &[0, 0, 0, 10, 0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff]),
        ("api key -1", &[0, 0, 0, 10, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff]),
        ("removed api 4", &[0, 0, 0, 10, 0, 4, 0, 0, 0, 0, 0, 1, 0xff, 0xff]),
        ("controllers' api on a broker's listener", &[0, 0, 0, 10, 0, 52, 0, 0, 0, 0, 0, 1, 0xff, 0xff]),
        ("metadata version 99", &[0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 1, 0xff, 0xff]),
        ("produce version 2", &[0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff]),
        (
            "metadata 12 with 2^32-1 topics",
            &[0, 0, 0, 16, 0, 3, 0, 12, 0, 0, 0, 1, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0x0f],
        ),
        ("metadata 1 with 2^31-1 topics", &[0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
        ("client id of length -2", &[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xfe]),
    ];
    for (name, bytes) in frames {
        closes(&broker, name, bytes).await;
    }
    still_serves(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_announce_much_and_send_nothing_cost_nothing() {
    let broker = TestBroker::in_memory().await;
    let before = runtime::resident_bytes().unwrap_or(0);
    let mut crowd = Vec::new();
    for _ in 0..200 {
        let mut client = Client::connect(broker.address()).await;
        client.send_raw(&(100 * 1024 * 1024i32).to_be_bytes()).await;
        crowd.push(client);
    }
    still_serves(&broker).await;
    let after = runtime::resident_bytes().unwrap_or(0);
    assert!(after.saturating_sub(before) < 200 * 1024 * 1024, "{before} to {after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_who_asks_and_never_reads_stops_itself() {
    let broker = TestBroker::in_memory().await;
    let mut deaf = Client::connect(broker.address()).await;
    let request = wire::MetadataRequest::default();
    let flood = async {
        for _ in 0..20_000 {
            deaf.send(1, &request).await;
        }
    };
    // It gets stuck, or gets through; either way the others are served.
    let _ = tokio::time::timeout(Duration::from_secs(3), flood).await;
    still_serves(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_behind_a_body_are_passed_over() {
    let broker = TestBroker::in_memory().await;
    let mut client = Client::connect(broker.address()).await;
    // ApiVersions 0 with two bytes too many, as some clients send; then an ordinary request on the same connection.
    client.send_raw(&[0, 0, 0, 12, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 1, 2]).await;
    assert!(client.receive_raw().await.is_some());
    client.ask(1, &wire::MetadataRequest { topics: None, ..Default::default() }).await;
}
