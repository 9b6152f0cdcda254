//! Crates stand in levels: each depends on lower ones only, and siblings never see each other (ARCHITECTURE.md).
#![allow(clippy::disallowed_methods, reason = "the test reads the source tree")]

use std::collections::BTreeMap;
use std::path::Path;

/// The level of every crate; a crate that is missing here fails the test.
const LEVELS: &[(u8, &[&str])] = &[
    (0, &["types", "schema"]),
    (1, &["wire", "batch", "config", "runtime", "observe", "machine"]),
    (2, &["records", "security"]),
    (3, &["quorum", "metadata", "replication", "groups", "storage", "net"]),
    (5, &["broker"]),
    (6, &["testkit"]),
    (7, &["cli"]),
];

/// Decisions are pure: these crates may not see the operating system's crate.
const PURE: &[&str] = &[
    "types",
    "wire",
    "batch",
    "config",
    "machine",
    "records",
    "security",
    "quorum",
    "metadata",
    "replication",
    "groups",
];

fn dependencies(manifest: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(manifest).expect("a crate has a manifest");
    let mut section = String::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if section == "dependencies" && !line.is_empty() && !line.starts_with('#') {
            found.extend(line.split(['.', ' ', '=']).next().map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_crate_depends_on_lower_levels_only() {
    let levels: BTreeMap<&str, u8> =
        LEVELS.iter().flat_map(|(level, names)| names.iter().map(|name| (*name, *level))).collect();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    for entry in std::fs::read_dir(crates).expect("the crates' folder") {
        let path = entry.expect("an entry").path();
        if !path.join("Cargo.toml").exists() {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
        let level = *levels.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no level"));
        for dependency in dependencies(&path.join("Cargo.toml")) {
            if let Some(&lower) = levels.get(dependency.as_str()) {
                assert!(lower < level, "{name} (level {level}) depends on {dependency} (level {lower})");
            }
            let pure = PURE.contains(&name.as_str());
            assert!(
                !(pure && matches!(dependency.as_str(), "runtime" | "tokio")),
                "{name} is pure, yet depends on {dependency}"
            );
        }
        seen += 1;
    }
    assert_eq!(seen, levels.len());
}
