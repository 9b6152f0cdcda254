//! Where a controller can be reached: one address per listener, and the address a request is sent to.

use types::{NodeId, Str};

/// The most listeners that are kept of one node; a message that names more is cut.
pub const MAX_ENDPOINTS: usize = 64;

/// One listener of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The listener's name, in capitals as Kafka normalizes it.
    pub name: Str,
    /// Host name or address.
    pub host: Str,
    /// TCP port.
    pub port: u16,
}

impl Endpoint {
    /// A listener by its parts.
    pub fn new(name: impl Into<Str>, host: impl Into<Str>, port: u16) -> Endpoint {
        let name: Str = name.into();
        let name = if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
            Str::from(name.to_ascii_uppercase())
        } else {
            name
        };
        Endpoint { name, host: host.into(), port }
    }
}

/// All listeners of a node, each name once, ordered by name: equal sets are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Endpoints(Vec<Endpoint>);

impl Endpoints {
    /// The listeners given; of equal names the first counts.
    pub fn new(listeners: impl IntoIterator<Item = Endpoint>) -> Endpoints {
        let mut all: Vec<Endpoint> = listeners.into_iter().take(MAX_ENDPOINTS).collect();
        all.sort_by(|left, right| left.name.cmp(&right.name));
        all.dedup_by(|later, earlier| later.name == earlier.name);
        Endpoints(all)
    }

    /// A node with one listener.
    pub fn single(name: impl Into<Str>, host: impl Into<Str>, port: u16) -> Endpoints {
        Endpoints(vec![Endpoint::new(name, host, port)])
    }

    /// No listener known?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many listeners are known.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The address of one listener.
    pub fn of(&self, listener: &str) -> Option<&Endpoint> {
        self.0.iter().find(|endpoint| endpoint.name.eq_ignore_ascii_case(listener))
    }

    /// All listeners, ordered by name.
    pub fn iter(&self) -> std::slice::Iter<'_, Endpoint> {
        self.0.iter()
    }
}

/// Whom a request is sent to. Bootstrap servers, whose ids are unknown, have ids from −2 downward.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    /// The node's id, or a negative number for a bootstrap server.
    pub id: NodeId,
    /// Host name or address.
    pub host: Str,
    /// TCP port.
    pub port: u16,
}

impl Destination {
    /// The node `id` at an endpoint.
    pub fn at(id: NodeId, endpoint: &Endpoint) -> Destination {
        Destination { id, host: endpoint.host.clone(), port: endpoint.port }
    }
}

/// The address in `host:port` form; an IPv6 address stands in brackets.
pub(crate) fn parse_host_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.trim().rsplit_once(':')?;
    let port = port.parse().ok()?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    if host.is_empty() { None } else { Some((host, port)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_case_of_listeners_do_not_matter() {
        let left = Endpoints::new([Endpoint::new("b", "h", 1), Endpoint::new("A", "h", 2)]);
        let right = Endpoints::new([Endpoint::new("a", "h", 2), Endpoint::new("B", "h", 1)]);
        assert_eq!(left, right);
        assert_eq!(left.of("B").map(|endpoint| endpoint.port), Some(1));
    }

    #[test]
    fn first_of_equal_names_counts() {
        let both = Endpoints::new([Endpoint::new("A", "h", 1), Endpoint::new("A", "h", 2)]);
        assert_eq!(both, Endpoints::single("A", "h", 1));
    }

    #[test]
    fn addresses_are_read() {
        assert_eq!(parse_host_port("[::1]:9093"), Some(("::1", 9093)));
        assert_eq!(parse_host_port("host:1"), Some(("host", 1)));
        for wrong in ["host", ":1", "::1:9093", "host:70000", "[::1:9093"] {
            assert_eq!(parse_host_port(wrong), None, "{wrong}");
        }
    }
}
