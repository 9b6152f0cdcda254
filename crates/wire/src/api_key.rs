//! What is known of each API besides its messages: name, versions, who serves it, and which header goes with a version.

use std::ops::RangeInclusive;

use crate::ApiKey;

/// One row of the table of APIs.
#[derive(Debug)]
pub struct ApiRow {
    /// Kafka's name.
    pub name: &'static str,
    /// The lowest version.
    pub first: i16,
    /// The highest version.
    pub last: i16,
    /// Is the highest version not yet stable?
    pub latest_unstable: bool,
    /// The first flexible version.
    pub flexible_since: Option<i16>,
    /// Do brokers serve it?
    pub on_broker: bool,
    /// Do controllers serve it?
    pub on_controller: bool,
}

impl ApiKey {
    /// The number on the wire.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// Kafka's name, as in metrics and logs: `Produce`, `ListOffsets`.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Every version that Kafka 4.3 has, the newest one included where it is not stable.
    pub const fn versions(self) -> RangeInclusive<i16> {
        self.row().first..=self.row().last
    }

    /// The versions that are served unless unstable ones are enabled.
    pub const fn stable_versions(self) -> RangeInclusive<i16> {
        let row = self.row();
        row.first..=row.last - row.latest_unstable as i16
    }

    /// Is the newest version unstable, so that it is served only with `unstable.api.versions.enable`?
    pub const fn latest_unstable(self) -> bool {
        self.row().latest_unstable
    }

    /// The first version with compact lengths and tagged fields; `None` if no version has them.
    pub const fn flexible_since(self) -> Option<i16> {
        self.row().flexible_since
    }

    /// Do brokers serve it?
    pub const fn on_broker(self) -> bool {
        self.row().on_broker
    }

    /// Do controllers serve it?
    pub const fn on_controller(self) -> bool {
        self.row().on_controller
    }

    const fn is_flexible(self, version: i16) -> bool {
        matches!(self.flexible_since(), Some(since) if version >= since)
    }

    /// The version of the header in front of a request of this version.
    pub const fn request_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// The version of the header in front of the response. That of ApiVersions never has tagged fields: a client reads it
    /// before it knows what the broker speaks.
    pub const fn response_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) && !matches!(self, ApiKey::ApiVersions) { 1 } else { 0 }
    }
}

impl std::fmt::Display for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
