//! `docs/configuration.md` says what the table says. Run with `UPDATE_DOCS=1` to write it again.

#![allow(clippy::disallowed_methods, reason = "a test outside the simulator reads and writes the page itself")]

use std::path::Path;

#[test]
fn configuration_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let page = config::markdown();
    if std::env::var("UPDATE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &page).expect("docs/configuration.md can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = page.lines().zip(written.lines()).find(|(table, file)| table != file);
    assert!(
        page == written,
        "docs/configuration.md is out of date; UPDATE_DOCS=1 writes it again. First difference: {difference:?}"
    );
}
