//! A log directory in memory, made of a fuzzer's bytes.
//!
//! ```text
//! which checksums are made right 1 | per file: number of its name 1 | length 2 | content
//! ```
//!
//! Checksums keep random changes out of everything behind them, so that the input can ask for right ones.

use std::path::Path;

use batch::{HEADER_LENGTH, Header, LOG_OVERHEAD};
use runtime::Disk;

use crate::Input;

/// Where the directory is.
pub const PATH: &str = "/d";
/// The cluster it belongs to.
pub const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qg";
/// The node it belongs to.
pub const NODE: i32 = 1;

/// Make the CRC of each batch right.
pub const REPAIR_BATCHES: u8 = 1;
/// Make the CRC of the snapshots right.
pub const REPAIR_SNAPSHOTS: u8 = 2;
/// Make count and CRC of `vltava-logs-checkpoint` right.
pub const REPAIR_LOGS: u8 = 4;

/// The files that an input can have; of others it can only make what nobody looks at.
pub const FILES: &[&str] = &[
    "meta.properties",
    ".kafka_cleanshutdown",
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
    "log-start-offset-checkpoint",
    "vltava-logs-checkpoint",
    "t-0/partition.metadata",
    "t-0/leader-epoch-checkpoint",
    "t-0/00000000000000000000.log",
    "t-0/00000000000000000000.index",
    "t-0/00000000000000000000.timeindex",
    "t-0/00000000000000000000.txnindex",
    "t-0/00000000000000000004.log",
    "t-0/00000000000000000004.index",
    "t-0/00000000000000000004.timeindex",
    "t-0/00000000000000000004.txnindex",
    "t-0/00000000000000000004.snapshot",
    "t-0/00000000000000000008.log",
    "t-0/00000000000000000008.index",
    "t-0/00000000000000000008.timeindex",
    "t-0/00000000000000000008.txnindex",
    "t-0/00000000000000000008.snapshot",
    "t-0/00000000000000000010.snapshot",
    "t-0/09223372036854775807.log",
    "t-0/09223372036854775807.index",
    "t-0/09223372036854775807.snapshot",
    "t-0/00000000000000000004.log.deleted",
    "t-0/00000000000000000004.log.cleaned",
    "t-0/00000000000000000004.log.swap",
    "t-0/00000000000000000004.index.swap",
    "t-0/00000000000000000004.timeindex.swap",
    "t-0/00000000000000000004.txnindex.swap",
];

/// Makes the directory. Without a file of its own it gets a good `meta.properties`.
pub fn disk(data: &[u8]) -> Disk {
    let mut input = Input(data);
    let disk = Disk::memory();
    let root = Path::new(PATH);
    let partition = root.join("t-0");
    disk.create_dir_all(&partition).expect("a disk in memory has room");
    let meta = format!("version=1\ncluster.id={CLUSTER}\nnode.id={NODE}\ndirectory.id=CAgICAgICAgICAgICAgICA\n");
    write(&disk, &root.join("meta.properties"), meta.as_bytes());
    let repairs = input.byte();
    while !input.is_empty() {
        let name = FILES[usize::from(input.byte()) % FILES.len()];
        let mut content = input.piece().to_vec();
        repair(name, &mut content, repairs);
        write(&disk, &root.join(name), &content);
    }
    disk
}

fn write(disk: &Disk, path: &Path, content: &[u8]) {
    disk.write_replacing(path, content).expect("a disk in memory has room");
}

fn repair(name: &str, content: &mut Vec<u8>, repairs: u8) {
    if name.contains(".log") && repairs & REPAIR_BATCHES != 0 {
        repair_batches(content);
    } else if name.ends_with(".snapshot") && repairs & REPAIR_SNAPSHOTS != 0 && content.len() >= 6 {
        let crc = crc_fast::crc32_iscsi(&content[6..]);
        content[2..6].copy_from_slice(&crc.to_be_bytes());
    } else if name == "vltava-logs-checkpoint" && repairs & REPAIR_LOGS != 0 {
        repair_logs(content);
    }
}

/// Makes the CRC of each batch right, as far as the lengths lead from one to the next.
pub fn repair_batches(content: &mut [u8]) {
    let mut rest = content;
    while let Some(first) = rest.first_chunk::<HEADER_LENGTH>() {
        let mut header = Header::from_bytes(*first);
        let Some(size) = usize::try_from(header.length()).ok().and_then(|length| length.checked_add(LOG_OVERHEAD))
        else {
            return;
        };
        if size < HEADER_LENGTH || size > rest.len() {
            return;
        }
        let (batch, after) = rest.split_at_mut(size);
        header.seal(&batch[HEADER_LENGTH..]);
        batch[..HEADER_LENGTH].copy_from_slice(header.as_bytes());
        rest = after;
    }
}

/// The second line is `<broker epoch> <number of lines> <crc>`.
fn repair_logs(content: &mut Vec<u8>) {
    let Ok(text) = std::str::from_utf8(content) else { return };
    let Some((version, rest)) = text.split_once('\n') else { return };
    let Some((head, lines)) = rest.split_once('\n') else { return };
    let epoch = head.split(' ').next().unwrap_or_default();
    let (count, crc) = (lines.lines().count(), crc_fast::crc32_iscsi(lines.as_bytes()));
    *content = format!("{version}\n{epoch} {count} {crc:08x}\n{lines}").into_bytes();
}
