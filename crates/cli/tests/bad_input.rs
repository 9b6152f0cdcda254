//! What a person gets wrong is said in one message that names the thing and the remedy; exit code 1; nothing changed on disk.
#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

fn vltava(arguments: &[&str], directory: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vltava"));
    command.args(arguments).current_dir(directory).output().expect("the program runs")
}

fn refused(output: &Output, names: &[&str]) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    for name in names {
        assert!(words.contains(name), "'{name}' is not in: {words}");
    }
}

fn properties(directory: &Path, lines: &[&str]) {
    let mut all = vec![
        "process.roles=broker,controller",
        "node.id=1",
        "controller.listener.names=CONTROLLER",
        "log.dirs=data",
        "vltava.metrics.listener=",
    ];
    all.extend(lines);
    std::fs::write(directory.join("server.properties"), all.join("\n")).expect("a file can be written");
}

const LISTENERS: &str = "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0";
const VOTERS: &str = "controller.quorum.voters=1@127.0.0.1:19093";

#[test]
fn a_taken_port_is_named_and_nothing_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let listeners = format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:0");
    let output = vltava(&["serve", "--set", &listeners, "--set", "vltava.metrics.listener="], directory.path());
    refused(&output, &[&port.to_string(), "listeners"]);
    assert!(!directory.path().join("vltava-data").exists());
}

#[test]
fn an_unformatted_directory_is_named_with_the_remedy() {
    let directory = tempfile::tempdir().expect("a directory");
    properties(directory.path(), &[LISTENERS, VOTERS]);
    let output = vltava(&["serve", "server.properties"], directory.path());
    refused(&output, &["data", "vltava format"]);
    assert!(!directory.path().join("data").exists());
}

#[test]
fn a_directory_of_another_node_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    properties(directory.path(), &[LISTENERS, VOTERS]);
    let formatted = vltava(&["format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", "server.properties"], directory.path());
    assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stderr));
    let again = vltava(&["format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", "server.properties"], directory.path());
    refused(&again, &["formatted already"]);
    let meta = directory.path().join("data/meta.properties");
    let text = std::fs::read_to_string(&meta).expect("written by format");
    std::fs::write(&meta, text.replace("node.id=1", "node.id=7")).expect("a file can be written");
    refused(&vltava(&["serve", "server.properties"], directory.path()), &["node 7", "log.dirs"]);
    std::fs::write(&meta, "nonsense").expect("a file can be written");
    refused(&vltava(&["serve", "server.properties"], directory.path()), &["meta.properties"]);
}

#[test]
fn wrong_values_name_the_key_and_what_is_allowed() {
    let directory = tempfile::tempdir().expect("a directory");
    properties(directory.path(), &[LISTENERS, VOTERS, "num.partitions=many", "log.retention.bytes=x"]);
    refused(
        &vltava(&["serve", "server.properties"], directory.path()),
        &["num.partitions", "many", "log.retention.bytes"],
    );
    properties(directory.path(), &[LISTENERS, VOTERS, "advertised.listeners=PLAINTEXT://0.0.0.0:9092"]);
    refused(&vltava(&["serve", "server.properties"], directory.path()), &["0.0.0.0"]);
    properties(
        directory.path(),
        &[LISTENERS, VOTERS, "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"],
    );
    refused(&vltava(&["serve", "server.properties"], directory.path()), &["authorizer.class.name"]);
    refused(&vltava(&["serve", "missing.properties"], directory.path()), &["missing.properties", "check the path"]);
    refused(&vltava(&["serve", "--set", "nonsense"], directory.path()), &["KEY=VALUE"]);
}

#[test]
fn a_locked_directory_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    properties(directory.path(), &[LISTENERS, VOTERS]);
    assert!(
        vltava(&["format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", "server.properties"], directory.path())
            .status
            .success()
    );
    let lock = std::fs::File::create(directory.path().join("data/.lock")).expect("a file can be made");
    lock.try_lock().expect("nobody has it");
    refused(&vltava(&["serve", "server.properties"], directory.path()), &["in use by another process", "data"]);
}
