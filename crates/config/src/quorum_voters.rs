//! The fixed voters of `controller.quorum.voters`, each `id@host:port`.

use types::NodeId;

use crate::listeners::host_port;

/// One voting controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Its node id.
    pub id: NodeId,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Voter {
    /// Reads `id@host:port`.
    pub fn parse(text: &str) -> Option<Voter> {
        let (id, address) = text.split_once('@')?;
        let id = id.trim().parse::<NodeId>().ok().filter(|id| *id >= 0)?;
        let (host, port) = host_port(address)?;
        Some(Voter { id, host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voter_is_an_id_and_an_address() {
        let voter = Voter::parse("1@localhost:9093").unwrap();
        assert_eq!(voter, Voter { id: 1, host: "localhost".to_owned(), port: 9093 });
        assert_eq!(Voter::parse("2@[::1]:9093").unwrap().host, "::1");
    }

    #[test]
    fn half_voters_are_refused() {
        for text in ["", "1", "1@", "@localhost:9093", "-1@localhost:9093", "1@localhost", "1@:9093", "x@localhost:1"] {
            assert_eq!(Voter::parse(text), None, "{text}");
        }
    }
}
