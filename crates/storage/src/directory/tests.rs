//! Whose a directory is, and what its checkpoint files say.

use std::path::Path;
use std::sync::Arc;

use batch::{BatchBuilder, ValidatedBatch};
use runtime::{Clock, Disk};
use types::{TopicPartition, Uuid};

use super::*;
use crate::Append;

fn formatted() -> Disk {
    let disk = Disk::memory();
    LogDirectory::format(&disk, Path::new("/d"), "c", 1).unwrap();
    disk
}

fn open(disk: &Disk, cluster: &str, node: i32) -> Result<LogDirectory, DirectoryError> {
    LogDirectory::open(disk, Path::new("/d"), cluster, node, Clock::manual(0))
}

fn append(log: &Log, count: usize) {
    let mut builder = BatchBuilder::new(0);
    for _ in 0..count {
        builder.append(1, None, Some(b"v"), &[]);
    }
    let batch = ValidatedBatch::trusted(&builder.build().unwrap()).unwrap();
    log.append(Append::from_client(batch, 0)).unwrap();
}

#[test]
fn each_obstacle_is_named_with_its_remedy() {
    let disk = formatted();
    let path = Path::new("/d");
    let words = |result: Result<LogDirectory, DirectoryError>| result.err().unwrap().to_string();
    let held = open(&disk, "c", 1).unwrap();
    assert!(words(open(&disk, "c", 1)).contains("another process"));
    drop(held);
    assert!(words(open(&disk, "other", 1)).contains("belongs to cluster c, not to other"));
    assert!(words(open(&disk, "c", 2)).contains("belongs to node 1, not to 2"));
    let again = LogDirectory::format(&disk, path, "c", 1).unwrap_err();
    assert!(again.to_string().contains("formatted already"));
    disk.write_durably(&path.join("meta.properties"), b"version=9").unwrap();
    assert!(words(open(&disk, "c", 1)).contains("version"));
    disk.remove_file(&path.join("meta.properties")).unwrap();
    assert!(words(open(&disk, "c", 1)).contains("format it first"));
    let missing = LogDirectory::open(&disk, Path::new("/nowhere"), "c", 1, Clock::manual(0)).err().unwrap();
    assert!(missing.to_string().contains("check that the directory exists"));
}

#[test]
fn directory_without_an_id_gets_one_that_stays() {
    let disk = formatted();
    disk.write_durably(Path::new("/d/meta.properties"), b"version=1\ncluster.id=c\nnode.id=1\n").unwrap();
    let id = open(&disk, "c", 1).unwrap().id();
    assert!(!id.is_reserved());
    assert_eq!(open(&disk, "c", 1).unwrap().id(), id);
}

#[test]
fn checkpoint_files_are_kafkas_and_change_only_with_the_logs() {
    let disk = formatted();
    let directory = open(&disk, "c", 1).unwrap();
    directory.load(&|_| Arc::default(), 1).unwrap();
    let logs: Vec<_> = ["b", "a", "unused"]
        .iter()
        .map(|topic| directory.create_log(TopicPartition::new(*topic, 0), Uuid::ZERO, Arc::default()))
        .collect();
    append(&logs[0], 3);
    append(&logs[1], 5);
    logs[0].advance_high_watermark(2);
    logs[0].delete_records_before(1).unwrap();
    directory.checkpoint(&logs).unwrap();
    directory.write_high_watermarks(&logs).unwrap();
    let read = |name: &str| String::from_utf8(disk.read(&Path::new("/d").join(name)).unwrap()).unwrap();
    assert_eq!(read("recovery-point-offset-checkpoint"), "0\n2\na 0 5\nb 0 3\n");
    assert_eq!(read("log-start-offset-checkpoint"), "0\n1\nb 0 1\n");
    assert_eq!(read("replication-offset-checkpoint"), "0\n1\nb 0 2\n");
    disk.remove_file(Path::new("/d/recovery-point-offset-checkpoint")).unwrap();
    directory.checkpoint(&logs).unwrap();
    assert!(!disk.exists(Path::new("/d/recovery-point-offset-checkpoint")), "the same content is not written again");
}

#[test]
fn high_watermarks_survive_within_the_log() {
    let disk = formatted();
    for clean in [true, false] {
        let directory = open(&disk, "c", 1).unwrap();
        let mut logs = directory.load(&|_| Arc::default(), 1).unwrap().logs;
        if logs.is_empty() {
            logs.push(directory.create_log(TopicPartition::new("t", 0), Uuid::ZERO, Arc::default()));
        }
        append(&logs[0], 4);
        logs[0].advance_high_watermark(3);
        directory.write_high_watermarks(&logs).unwrap();
        if clean {
            directory.close(&logs, 7, 1).unwrap();
        }
    }
    let directory = open(&disk, "c", 1).unwrap();
    let loaded = directory.load(&|_| Arc::default(), 2).unwrap();
    assert_eq!(loaded.clean_broker_epoch, None);
    assert_eq!((loaded.logs[0].high_watermark(), loaded.logs[0].log_end_offset()), (3, 8));
}

#[test]
fn clean_mark_is_used_up() {
    let disk = formatted();
    let directory = open(&disk, "c", 1).unwrap();
    directory.close(&[], 11, 1).unwrap();
    drop(directory);
    let directory = open(&disk, "c", 1).unwrap();
    assert_eq!(directory.load(&|_| Arc::default(), 1).unwrap().clean_broker_epoch, Some(11));
    drop(directory);
    let directory = open(&disk, "c", 1).unwrap();
    assert_eq!(directory.load(&|_| Arc::default(), 1).unwrap().clean_broker_epoch, None);
}

#[test]
fn many_logs_are_recovered_on_several_threads() {
    let disk = formatted();
    let directory = open(&disk, "c", 1).unwrap();
    directory.load(&|_| Arc::default(), 1).unwrap();
    for partition in 0..20 {
        let log = directory.create_log(TopicPartition::new("t", partition), Uuid::ZERO, Arc::default());
        append(&log, partition as usize + 1);
    }
    drop(directory);
    let directory = open(&disk, "c", 1).unwrap();
    let loaded = directory.load(&|_| Arc::default(), 4).unwrap();
    let ends: Vec<_> = loaded.logs.iter().map(|log| (log.partition().partition, log.log_end_offset())).collect();
    assert_eq!(ends, (0..20).map(|n| (n, i64::from(n) + 1)).collect::<Vec<_>>());
}

#[test]
fn new_logs_go_where_the_fewest_are() {
    let disk = Disk::memory();
    let open = |path: &str| {
        LogDirectory::format(&disk, Path::new(path), "c", 1).unwrap();
        Arc::new(LogDirectory::open(&disk, Path::new(path), "c", 1, Clock::manual(0)).unwrap())
    };
    let directories = LogDirectories::new(vec![open("/a"), open("/b")]).unwrap();
    let mut logs = Vec::new();
    for partition in 0..5 {
        let directory = directories.choose().unwrap();
        logs.push(directory.create_log(TopicPartition::new("t", partition), Uuid::ZERO, Arc::default()));
    }
    assert_eq!(directories.all().iter().map(|directory| directory.log_count()).collect::<Vec<_>>(), [3, 2]);
    let failure = StorageError::io("sync", Path::new("/b/x"), io::Error::other("broken"));
    directories.all()[1].fail(&failure);
    assert_eq!(directories.choose().unwrap().path(), Path::new("/a"));
    let copy = vec![directories.all()[0].clone(), directories.all()[0].clone()];
    assert!(LogDirectories::new(copy).unwrap_err().to_string().contains("copy of the other"));
}

#[test]
fn offline_directory_refuses_writes_and_gives_the_first_reason() {
    let disk = formatted();
    let directory = open(&disk, "c", 1).unwrap();
    let log = directory.create_log(TopicPartition::new("t", 0), Uuid::ZERO, Arc::default());
    append(&log, 2);
    let failure = StorageError::io("sync", Path::new("/d/x"), io::Error::other("first"));
    directory.fail(&failure);
    directory.fail(&StorageError::io("sync", Path::new("/d/x"), io::Error::other("second")));
    assert!(directory.failure().unwrap().contains("first"));
    let mut builder = BatchBuilder::new(0);
    builder.append(1, None, None, &[]);
    let batch = ValidatedBatch::trusted(&builder.build().unwrap()).unwrap();
    let refused = log.append(Append::from_client(batch, 0)).unwrap_err();
    assert_eq!(refused.code(), types::ErrorCode::KafkaStorageError);
    assert!(log.sync().is_err());
    assert!(log.read(0, 1000, true, crate::Isolation::LogEnd).unwrap().slice.is_some(), "reads go on");
    assert!(directory.close(&[log], 1, 1).is_err());
    assert!(!disk.exists(Path::new("/d/.kafka_cleanshutdown")));
}

#[test]
fn unreadable_checkpoint_is_named() {
    let disk = formatted();
    disk.write_durably(Path::new("/d/recovery-point-offset-checkpoint"), b"garbage").unwrap();
    let error = open(&disk, "c", 1).unwrap().load(&|_| Arc::default(), 1).unwrap_err();
    assert!(error.to_string().contains("recovery-point-offset-checkpoint"));
}
