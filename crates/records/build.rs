//! Generates every record from `schema/records.txt`, and one enum for each log over the records that stand in it.

use std::error::Error;
use std::path::PathBuf;

use schema::{Kind, Message, Section, Target, Union, emit_messages, emit_union, parse};

/// A log, by the word in its section's heading; the kind of message; the enum over these.
const UNIONS: &[(&str, Kind, Union<'_>)] = &[
    ("__cluster_metadata", Kind::Metadata, record("MetadataRecord", "A record of the metadata log.")),
    ("__consumer_offsets", Kind::CoordinatorKey, key("GroupRecordKey", "A key in the log of the group coordinator.")),
    (
        "__consumer_offsets",
        Kind::CoordinatorValue,
        value("GroupRecordValue", "A value in the log of the group coordinator."),
    ),
    ("__transaction_state", Kind::CoordinatorKey, key("TransactionRecordKey", "A key in the transaction log.")),
    ("__transaction_state", Kind::CoordinatorValue, value("TransactionRecordValue", "A value in the transaction log.")),
    ("__share_group_state", Kind::CoordinatorKey, key("ShareRecordKey", "A key in the log of share-group state.")),
    (
        "__share_group_state",
        Kind::CoordinatorValue,
        value("ShareRecordValue", "A value in the log of share-group state."),
    ),
    ("__remote_log_metadata", Kind::Metadata, record("RemoteLogRecord", "A record of the tiering log.")),
];

const fn record(name: &'static str, words: &'static str) -> Union<'static> {
    Union { name, words, suffix: "Record", numbered: "crate::frame::Framed", with_unknown: false }
}

const fn key(name: &'static str, words: &'static str) -> Union<'static> {
    Union { name, words, suffix: "Key", numbered: "crate::coordinator::CoordinatorKey", with_unknown: true }
}

const fn value(name: &'static str, words: &'static str) -> Union<'static> {
    Union { name, words, suffix: "Value", numbered: "crate::coordinator::CoordinatorValue", with_unknown: false }
}

#[expect(clippy::disallowed_methods, reason = "a build script writes the file that it generates")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=schema/records.txt");
    println!("cargo::rerun-if-changed=build.rs");
    let target = Target { runtime: "wire::codec".to_owned() };
    let sections = parse(include_str!("schema/records.txt"))?;
    let mut source = emit_messages(sections.iter().flat_map(|section| &section.messages), &target)?;
    for (log, kind, union) in UNIONS {
        source += &emit_union(union, &members(&sections, log, *kind)?, &target)?;
    }
    let directory = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    std::fs::write(PathBuf::from(directory).join("records.rs"), source)?;
    Ok(())
}

fn members<'a>(sections: &'a [Section], log: &str, kind: Kind) -> Result<Vec<&'a Message>, String> {
    let section =
        sections.iter().find(|section| section.title.contains(log)).ok_or_else(|| format!("no section {log}"))?;
    Ok(section.messages.iter().filter(|message| message.kind == kind).collect())
}
