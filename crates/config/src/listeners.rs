//! Where a node listens and what address it tells others, with Kafka's rules about both.
//!
//! A listener has a name; the name stands for a security protocol by `listener.security.protocol.map`. Names in
//! `controller.listener.names` serve controllers, all others serve brokers and clients. Names are written in capitals.
//! Only plain listeners are served.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::ConfigError;
use crate::value::list;

/// One listener: where to listen, or what to tell others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its name, in capitals.
    pub name: String,
    /// What its name stands for.
    pub security_protocol: SecurityProtocol,
    /// The host; empty for the machine's own name (told) or every interface (listened).
    pub host: String,
    /// The port; 0 takes any free one.
    pub port: u16,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// TLS.
    Ssl,
    /// Authenticated, not encrypted.
    SaslPlaintext,
    /// Authenticated, over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// Reads Kafka's name for it.
    pub fn parse(text: &str) -> Option<SecurityProtocol> {
        match text.trim().to_ascii_uppercase().as_str() {
            "PLAINTEXT" => Some(SecurityProtocol::Plaintext),
            "SSL" => Some(SecurityProtocol::Ssl),
            "SASL_PLAINTEXT" => Some(SecurityProtocol::SaslPlaintext),
            "SASL_SSL" => Some(SecurityProtocol::SaslSsl),
            _ => None,
        }
    }

    /// The number that stands for it in broker registrations.
    pub fn code(self) -> i16 {
        match self {
            SecurityProtocol::Plaintext => 0,
            SecurityProtocol::Ssl => 1,
            SecurityProtocol::SaslPlaintext => 2,
            SecurityProtocol::SaslSsl => 3,
        }
    }
}

impl fmt::Display for SecurityProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SecurityProtocol::Plaintext => "PLAINTEXT",
            SecurityProtocol::Ssl => "SSL",
            SecurityProtocol::SaslPlaintext => "SASL_PLAINTEXT",
            SecurityProtocol::SaslSsl => "SASL_SSL",
        })
    }
}

/// All listeners of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listeners {
    /// Where to listen.
    pub all: Vec<Listener>,
    /// What brokers and clients are told, controller listeners left out.
    pub advertised: Vec<Listener>,
    /// What other controllers are told.
    pub advertised_controllers: Vec<Listener>,
    /// Names of the listeners that serve controllers; the first one is used to reach them.
    pub controller_names: Vec<String>,
    /// Name of the listener over which brokers talk to each other.
    pub inter_broker_name: String,
}

impl Listeners {
    /// Whether a listener of this name serves controllers.
    pub fn is_controller(&self, name: &str) -> bool {
        self.controller_names.iter().any(|controller| controller == name)
    }
}

/// The texts of the keys that listeners are made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListenerTexts<'a> {
    pub(crate) listeners: &'a str,
    pub(crate) advertised: Option<&'a str>,
    pub(crate) protocol_map: &'a str,
    pub(crate) protocol_map_is_set: bool,
    pub(crate) controller_names: &'a str,
    pub(crate) inter_broker_name: Option<&'a str>,
    /// Set by the operator, not the default.
    pub(crate) inter_broker_protocol: Option<&'a str>,
    pub(crate) is_broker: bool,
    pub(crate) is_controller: bool,
}

/// Makes the listeners and holds them against the rules; the errors are all that were found at this stage.
pub(crate) fn resolve(texts: &ListenerTexts<'_>) -> Result<Listeners, Vec<ConfigError>> {
    let controller_names: Vec<String> = list(texts.controller_names).iter().map(|name| name.to_uppercase()).collect();
    let protocols = protocols(texts, &controller_names).map_err(|error| vec![error])?;
    let all = parse("listeners", texts.listeners, &protocols)?;
    let told = match texts.advertised {
        Some(advertised) => parse("advertised.listeners", advertised, &protocols)?,
        None => all.clone(),
    };
    let (advertised_controllers, advertised): (Vec<Listener>, Vec<Listener>) =
        told.into_iter().partition(|listener| controller_names.contains(&listener.name));
    let inter_broker_name = inter_broker_name(texts).map_err(|error| vec![error])?;
    let listeners = Listeners { all, advertised, advertised_controllers, controller_names, inter_broker_name };

    let mut errors = Vec::new();
    check_bound(&listeners, texts.listeners, &mut errors);
    check_roles(&listeners, texts, &mut errors);
    if texts.is_broker {
        check_advertised(&listeners, texts, &mut errors);
    }
    if errors.is_empty() { Ok(listeners) } else { Err(errors) }
}

/// Name to protocol. A controller listener's name stands for PLAINTEXT where the operator gave no map.
fn protocols(
    texts: &ListenerTexts<'_>,
    controller_names: &[String],
) -> Result<BTreeMap<String, SecurityProtocol>, ConfigError> {
    let key = "listener.security.protocol.map";
    let mut protocols = BTreeMap::new();
    for item in list(texts.protocol_map) {
        let invalid = || ConfigError::Invalid {
            key: key.to_owned(),
            value: item.clone(),
            allowed: "`NAME:PROTOCOL` with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL".to_owned(),
        };
        let (name, protocol) = item.split_once(':').ok_or_else(invalid)?;
        let protocol = SecurityProtocol::parse(protocol).ok_or_else(invalid)?;
        if protocols.insert(name.trim().to_uppercase(), protocol).is_some() {
            return Err(ConfigError::conflict(key, item.as_str(), "this listener name stands in it twice"));
        }
    }
    if !texts.protocol_map_is_set {
        for name in controller_names {
            protocols.entry(name.clone()).or_insert(SecurityProtocol::Plaintext);
        }
    }
    Ok(protocols)
}

fn parse(
    key: &str,
    text: &str,
    protocols: &BTreeMap<String, SecurityProtocol>,
) -> Result<Vec<Listener>, Vec<ConfigError>> {
    let mut listeners: Vec<Listener> = Vec::new();
    let mut errors = Vec::new();
    for item in list(text) {
        match parse_one(key, &item, protocols) {
            Ok(listener) if listeners.iter().any(|earlier| earlier.name == listener.name) => {
                errors.push(ConfigError::conflict(key, item, "each listener needs a name of its own"));
            }
            Ok(listener) => listeners.push(listener),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(listeners) } else { Err(errors) }
}

fn parse_one(key: &str, item: &str, protocols: &BTreeMap<String, SecurityProtocol>) -> Result<Listener, ConfigError> {
    let parts = item.split_once("://").and_then(|(name, address)| {
        let (host, port) = split_address(address)?;
        Some((name.trim().to_uppercase(), host, port))
    });
    let Some((name, host, port)) = parts.filter(|(name, ..)| !name.is_empty()) else {
        let allowed = "`NAME://host:port` with a port from 0 to 65535".to_owned();
        return Err(ConfigError::Invalid { key: key.to_owned(), value: item.to_owned(), allowed });
    };
    let Some(security_protocol) = protocols.get(&name).copied() else {
        let reason = format!("{name} is no security protocol; add {name}:PLAINTEXT to listener.security.protocol.map");
        return Err(ConfigError::conflict(key, item, reason));
    };
    if security_protocol != SecurityProtocol::Plaintext {
        let reason = format!("only PLAINTEXT listeners are served, and {name} stands for {security_protocol}");
        return Err(ConfigError::Unsupported { key: key.to_owned(), value: item.to_owned(), reason });
    }
    Ok(Listener { name, security_protocol, host, port })
}

/// `host:port`, with an IPv6 address in brackets; nothing where host or port are missing.
pub(crate) fn host_port(text: &str) -> Option<(String, u16)> {
    split_address(text).filter(|(host, _)| !host.is_empty())
}

/// As `host_port`, but the host may be empty.
fn split_address(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.trim().rsplit_once(':')?;
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => host,
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'%' | b'.' | b'_' | b':');
    bare.bytes().all(allowed).then_some((bare.to_owned(), port.parse().ok()?))
}

fn inter_broker_name(texts: &ListenerTexts<'_>) -> Result<String, ConfigError> {
    match (texts.inter_broker_name, texts.inter_broker_protocol) {
        (Some(name), Some(_)) => Err(ConfigError::conflict(
            "inter.broker.listener.name",
            name,
            "security.inter.broker.protocol is set too; remove one of the two",
        )),
        (Some(name), None) => Ok(name.to_uppercase()),
        (None, protocol) => Ok(protocol.unwrap_or("PLAINTEXT").to_uppercase()),
    }
}

/// One port is one listener, except that an IPv4 and an IPv6 address may share it.
fn check_bound(listeners: &Listeners, text: &str, errors: &mut Vec<ConfigError>) {
    if listeners.all.is_empty() {
        errors.push(ConfigError::conflict("listeners", text, "at least one listener is needed"));
    }
    for (index, listener) in listeners.all.iter().enumerate() {
        let mut earlier = listeners.all[..index].iter().filter(|earlier| earlier.port == listener.port);
        if listener.port != 0 && earlier.any(|earlier| earlier.host.contains(':') == listener.host.contains(':')) {
            let reason = format!("port {} is used by two listeners", listener.port);
            errors.push(ConfigError::conflict("listeners", text, reason));
        }
    }
}

fn check_roles(listeners: &Listeners, texts: &ListenerTexts<'_>, errors: &mut Vec<ConfigError>) {
    let names = texts.controller_names;
    if listeners.controller_names.is_empty() {
        let remedy = "name the listener that serves controllers, for example CONTROLLER".to_owned();
        errors.push(ConfigError::Missing { key: "controller.listener.names", remedy });
        return;
    }
    let bound = listeners.all.iter().any(|listener| listeners.is_controller(&listener.name));
    if texts.is_controller && !bound {
        let reason = "a controller needs at least one of these names in listeners";
        errors.push(ConfigError::conflict("controller.listener.names", names, reason));
    }
    if !texts.is_controller && bound {
        let reason = "a node that is no controller must not have these names in listeners";
        errors.push(ConfigError::conflict("controller.listener.names", names, reason));
    }
    if !texts.is_controller && !listeners.advertised_controllers.is_empty() {
        let reason = "a node that is no controller must not advertise a listener of controllers";
        errors.push(ConfigError::conflict("advertised.listeners", texts.advertised.unwrap_or_default(), reason));
    }
    if texts.is_broker && listeners.is_controller(&listeners.inter_broker_name) {
        let reason = "brokers cannot talk to each other over a listener of controllers";
        errors.push(ConfigError::conflict("inter.broker.listener.name", listeners.inter_broker_name.as_str(), reason));
    }
}

fn check_advertised(listeners: &Listeners, texts: &ListenerTexts<'_>, errors: &mut Vec<ConfigError>) {
    let (key, text) = match texts.advertised {
        Some(text) => ("advertised.listeners", text),
        None => ("listeners", texts.listeners),
    };
    if listeners.advertised.is_empty() {
        let reason = "a broker needs a listener whose name is not in controller.listener.names";
        errors.push(ConfigError::conflict(key, text, reason));
        return;
    }
    for told in &listeners.advertised {
        if !listeners.all.iter().any(|listener| listener.name == told.name) {
            let reason = format!("{} is advertised but not in listeners", told.name);
            errors.push(ConfigError::conflict(key, text, reason));
        }
        if told.host == "0.0.0.0" {
            let reason = "nobody can connect to 0.0.0.0; set advertised.listeners to an address that clients can reach";
            errors.push(ConfigError::conflict(key, text, reason));
        }
    }
    if !listeners.advertised.iter().any(|told| told.name == listeners.inter_broker_name) {
        let reason = format!(
            "brokers talk to each other over {}, which is not advertised; set inter.broker.listener.name",
            listeners.inter_broker_name
        );
        errors.push(ConfigError::conflict(key, text, reason));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMBINED: ListenerTexts<'static> = ListenerTexts {
        listeners: "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
        advertised: None,
        protocol_map: "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        protocol_map_is_set: false,
        controller_names: "CONTROLLER",
        inter_broker_name: None,
        inter_broker_protocol: None,
        is_broker: true,
        is_controller: true,
    };

    fn refusal(texts: ListenerTexts<'_>) -> String {
        let errors = resolve(&texts).unwrap_err();
        errors.iter().map(ConfigError::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_combined_node_listens_for_both_and_tells_clients_the_broker_only() {
        let listeners = resolve(&COMBINED).unwrap();
        assert_eq!(listeners.all.len(), 2);
        assert_eq!(listeners.advertised.len(), 1);
        assert_eq!(listeners.advertised[0].port, 9092);
        assert_eq!(listeners.advertised_controllers[0].name, "CONTROLLER");
        assert_eq!(listeners.inter_broker_name, "PLAINTEXT");
        assert!(listeners.is_controller("CONTROLLER") && !listeners.is_controller("PLAINTEXT"));
    }

    #[test]
    fn a_combined_node_may_advertise_its_controller_listener() {
        let advertised = Some("PLAINTEXT://a:9092,CONTROLLER://a:9093");
        let listeners = resolve(&ListenerTexts { advertised, ..COMBINED }).unwrap();
        assert_eq!(listeners.advertised.len(), 1);
        assert_eq!(listeners.advertised_controllers[0].host, "a");
    }

    #[test]
    fn a_broker_must_not_advertise_a_controller_listener() {
        let texts = ListenerTexts {
            listeners: "PLAINTEXT://a:9092",
            advertised: Some("PLAINTEXT://a:9092,CONTROLLER://a:9093"),
            is_controller: false,
            ..COMBINED
        };
        assert!(refusal(texts).contains("must not advertise"));
        assert!(resolve(&ListenerTexts { advertised: None, ..texts }).is_ok());
    }

    #[test]
    fn names_are_compared_in_capitals() {
        let texts = ListenerTexts {
            listeners: "plaintext://localhost:9092,controller://localhost:9093",
            controller_names: "controller",
            ..COMBINED
        };
        assert_eq!(resolve(&texts).unwrap(), resolve(&COMBINED).unwrap());
    }

    #[test]
    fn hosts_may_be_empty_names_or_addresses() {
        let listeners = "PLAINTEXT://:9092,CONTROLLER://[::1]:9093";
        let listeners = resolve(&ListenerTexts { listeners, ..COMBINED }).unwrap();
        assert_eq!(listeners.all[0].host, "");
        assert_eq!(listeners.all[1].host, "::1");
    }

    #[test]
    fn text_that_is_no_listener_is_refused() {
        for broken in
            ["PLAINTEXT", "PLAINTEXT://", "PLAINTEXT://a", "://a:1", "PLAINTEXT://a:65536", "PLAINTEXT://a:-1"]
        {
            let listeners = format!("{broken},CONTROLLER://a:9093");
            let texts = ListenerTexts { listeners: &listeners, ..COMBINED };
            assert!(refusal(texts).contains("`NAME://host:port`"), "{broken}");
        }
    }

    #[test]
    fn names_and_ports_are_used_once() {
        let listeners = "PLAINTEXT://a:9092,PLAINTEXT://a:9094,CONTROLLER://a:9093";
        assert!(refusal(ListenerTexts { listeners, ..COMBINED }).contains("a name of its own"));
        let listeners = "PLAINTEXT://a:9092,CONTROLLER://b:9092";
        assert!(refusal(ListenerTexts { listeners, ..COMBINED }).contains("port 9092 is used by two"));
        let listeners = "PLAINTEXT://1.2.3.4:9092,CONTROLLER://[::1]:9092";
        assert!(resolve(&ListenerTexts { listeners, ..COMBINED }).is_ok());
        let listeners = "PLAINTEXT://a:0,CONTROLLER://a:0";
        assert!(resolve(&ListenerTexts { listeners, ..COMBINED }).is_ok());
    }

    #[test]
    fn the_wildcard_address_is_not_advertised() {
        let listeners = "PLAINTEXT://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093";
        assert!(refusal(ListenerTexts { listeners, ..COMBINED }).contains("set advertised.listeners"));
        let advertised = Some("PLAINTEXT://a:9092");
        assert!(resolve(&ListenerTexts { listeners, advertised, ..COMBINED }).is_ok());
    }

    #[test]
    fn listeners_that_are_not_plain_name_the_key() {
        let listeners = "SSL://a:9092,CONTROLLER://a:9093";
        let error = refusal(ListenerTexts { listeners, ..COMBINED });
        assert!(error.starts_with("listeners: `SSL://a:9092` is not supported"), "{error}");
        let listeners = "OUTSIDE://a:9092,CONTROLLER://a:9093";
        assert!(refusal(ListenerTexts { listeners, ..COMBINED }).contains("OUTSIDE is no security protocol"));
    }

    #[test]
    fn a_map_gives_names_their_protocol() {
        let texts = ListenerTexts {
            listeners: "OUTSIDE://a:9092,INSIDE://a:9094,CONTROLLER://a:9093",
            protocol_map: "OUTSIDE:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            protocol_map_is_set: true,
            inter_broker_name: Some("INSIDE"),
            ..COMBINED
        };
        assert_eq!(resolve(&texts).unwrap().inter_broker_name, "INSIDE");
        assert!(refusal(ListenerTexts { inter_broker_name: None, ..texts }).contains("set inter.broker.listener.name"));
        assert!(refusal(ListenerTexts { protocol_map: "OUTSIDE", ..texts }).contains("`NAME:PROTOCOL`"));
        assert!(refusal(ListenerTexts { protocol_map: "A:SSL,a:SSL", ..texts }).contains("twice"));
    }

    #[test]
    fn the_listener_between_brokers_is_named_once() {
        let texts = ListenerTexts {
            inter_broker_name: Some("PLAINTEXT"),
            inter_broker_protocol: Some("PLAINTEXT"),
            ..COMBINED
        };
        assert!(refusal(texts).contains("remove one of the two"));
        let texts = ListenerTexts { inter_broker_name: Some("CONTROLLER"), ..COMBINED };
        assert!(refusal(texts).contains("over a listener of controllers"));
    }

    #[test]
    fn a_controller_needs_its_listener() {
        let listeners = "PLAINTEXT://a:9092";
        assert!(refusal(ListenerTexts { listeners, ..COMBINED }).contains("a controller needs"));
        let controller_names = "";
        assert!(
            refusal(ListenerTexts { listeners, controller_names, ..COMBINED })
                .contains("controller.listener.names is not set")
        );
        let listeners = "CONTROLLER://a:9093";
        assert!(refusal(ListenerTexts { listeners, ..COMBINED }).contains("a broker needs a listener"));
        assert!(resolve(&ListenerTexts { listeners, is_broker: false, ..COMBINED }).is_ok());
    }
}
