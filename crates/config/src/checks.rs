//! The rules between keys of one file. The rules about listeners are in `listeners.rs`.

use types::NodeId;

use crate::error::ConfigError;
use crate::settings::Settings;
use crate::value::list;

/// Adds an error for every rule that the settings break.
pub(crate) fn check(settings: &Settings, errors: &mut Vec<ConfigError>) {
    check_node(settings, errors);
    check_quorum(settings, errors);
    check_directories(settings, errors);
    check_limits(settings, errors);
    check_replication(settings, errors);
    check_groups(settings, errors);
}

fn check_node(settings: &Settings, errors: &mut Vec<ConfigError>) {
    let roles = settings.get_list("process.roles");
    if roles.is_empty() || (roles.len() > 1 && roles.iter().all(|role| *role == roles[0])) || roles.len() > 2 {
        let reason = "name `broker`, `controller` or both, each once";
        errors.push(ConfigError::conflict("process.roles", roles.join(","), reason));
    }
    if let Some(older) = settings.explicit("broker.id")
        && settings.get_int("broker.id") != settings.node_id()
    {
        let reason = format!("node.id is {}; the two must be equal, or only node.id set", settings.node_id());
        errors.push(ConfigError::conflict("broker.id", older, reason));
    }
}

fn check_quorum(settings: &Settings, errors: &mut Vec<ConfigError>) {
    let key = "controller.quorum.voters";
    let text = settings.get_list(key).join(",");
    let voters = settings.quorum_voters();
    let node_id = settings.node_id();
    let mut ids: Vec<NodeId> = voters.iter().map(|voter| voter.id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < voters.len() {
        errors.push(ConfigError::conflict(key, text.as_str(), "an id stands in it twice"));
    }
    if voters.is_empty() {
        let bootstrap = settings.get_list("controller.quorum.bootstrap.servers");
        if !settings.is_controller() && bootstrap.is_empty() {
            let remedy = "a node that is no controller must be told where the controllers are".to_owned();
            errors.push(ConfigError::Missing { key: "controller.quorum.bootstrap.servers", remedy });
        }
        return;
    }
    if settings.is_controller() && !ids.contains(&node_id) {
        let reason = format!("this node is a controller and its id {node_id} is not in it");
        errors.push(ConfigError::conflict(key, text.as_str(), reason));
    }
    if !settings.is_controller() && ids.contains(&node_id) {
        let reason = format!("this node is no controller and its id {node_id} is in it");
        errors.push(ConfigError::conflict(key, text.as_str(), reason));
    }
}

fn check_directories(settings: &Settings, errors: &mut Vec<ConfigError>) {
    let key = if settings.explicit("log.dirs").is_some() { "log.dirs" } else { "log.dir" };
    let directories = settings.log_dirs();
    let text = directories.join(",");
    if directories.iter().any(String::is_empty) || directories.is_empty() {
        errors.push(ConfigError::conflict(key, text.as_str(), "a directory needs a name"));
    }
    let twice = |(index, directory): (usize, &String)| directories[..index].contains(directory);
    if directories.iter().enumerate().any(twice) {
        errors.push(ConfigError::conflict(key, text.as_str(), "each directory may stand in it once"));
    }
    if settings.retention_ms() == 0 {
        let reason = "records are kept for at least 1 ms, or with -1 forever";
        errors.push(ConfigError::conflict("log.retention.ms", "0", reason));
    }
}

fn check_limits(settings: &Settings, errors: &mut Vec<ConfigError>) {
    let queued = settings.get_long("queued.max.request.bytes");
    let request = settings.get_long("socket.request.max.bytes");
    if queued > 0 && queued < request {
        let reason = format!("one request may have {request} bytes (socket.request.max.bytes)");
        errors.push(ConfigError::conflict("queued.max.request.bytes", queued.to_string(), reason));
    }
    let memory = settings.get_long("vltava.request.memory.bytes");
    if memory < request && settings.explicit("vltava.request.memory.bytes").is_some() {
        let reason = format!("one request may have {request} bytes (socket.request.max.bytes)");
        errors.push(ConfigError::conflict("vltava.request.memory.bytes", memory.to_string(), reason));
    }
    let overrides = settings.get_str("max.connections.per.ip.overrides");
    for one in list(overrides) {
        let count = one.rsplit_once(':').filter(|(address, _)| !address.is_empty()).map(|(_, count)| count.trim());
        let is_readable = count.is_some_and(|count| count.parse::<u32>().is_ok());
        if !is_readable {
            let allowed = "a list of `address:count`".to_owned();
            errors.push(ConfigError::Invalid {
                key: "max.connections.per.ip.overrides".to_owned(),
                value: one,
                allowed,
            });
        }
    }
    if settings.get_int("max.connections.per.ip") == 0 && overrides.is_empty() {
        let reason = "0 turns every address away unless max.connections.per.ip.overrides lets some in";
        errors.push(ConfigError::conflict("max.connections.per.ip", "0", reason));
    }
}

fn check_replication(settings: &Settings, errors: &mut Vec<ConfigError>) {
    let wait = settings.get_int("replica.fetch.wait.max.ms");
    let lag = settings.get_long("replica.lag.time.max.ms");
    if i64::from(wait) > lag {
        let reason = format!("a follower waiting that long would be out of sync after {lag} (replica.lag.time.max.ms)");
        errors.push(ConfigError::conflict("replica.fetch.wait.max.ms", wait.to_string(), reason));
    }
}

fn check_groups(settings: &Settings, errors: &mut Vec<ConfigError>) {
    let key = "group.coordinator.rebalance.protocols";
    let protocols = settings.get_list(key);
    if !protocols.iter().any(|protocol| protocol == "classic") {
        errors.push(ConfigError::conflict(key, protocols.join(","), "`classic` cannot be left out"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusals(changes: &[(&str, &str)]) -> Vec<String> {
        let mut pairs = Settings::zero_configuration_properties();
        pairs.extend(changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        match Settings::from_properties(&pairs) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(|error| error.key().to_owned()).collect(),
        }
    }

    /// What the file for a combined node says that comes with Apache Kafka.
    #[test]
    fn the_usual_file_of_a_combined_node_is_accepted() {
        let file = [
            ("controller.quorum.bootstrap.servers", "localhost:9093"),
            ("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"),
            ("inter.broker.listener.name", "PLAINTEXT"),
            ("advertised.listeners", "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"),
            ("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL"),
            ("num.network.threads", "3"),
            ("socket.send.buffer.bytes", "102400"),
            ("log.dirs", "/tmp/kraft-combined-logs"),
            ("log.retention.hours", "168"),
            ("log.segment.bytes", "1073741824"),
        ];
        assert!(refusals(&file).is_empty(), "{:?}", refusals(&file));
    }

    #[test]
    fn roles_are_named_once_each() {
        assert_eq!(refusals(&[("process.roles", "broker,broker")]).first().map(String::as_str), Some("process.roles"));
        assert!(refusals(&[("process.roles", "controller,broker")]).is_empty());
    }

    #[test]
    fn a_controller_is_one_of_the_voters() {
        assert!(refusals(&[("controller.quorum.voters", "1@localhost:9093")]).is_empty());
        assert_eq!(refusals(&[("controller.quorum.voters", "2@localhost:9093")]), ["controller.quorum.voters"]);
        let twice = "1@localhost:9093,1@localhost:9094";
        assert_eq!(refusals(&[("controller.quorum.voters", twice)]), ["controller.quorum.voters"]);
    }

    #[test]
    fn a_broker_is_told_where_the_controllers_are() {
        let broker = [("process.roles", "broker"), ("listeners", "PLAINTEXT://localhost:9092")];
        assert_eq!(refusals(&broker), ["controller.quorum.bootstrap.servers"]);
        let with = |key, value| refusals(&[broker[0], broker[1], (key, value)]);
        assert!(with("controller.quorum.bootstrap.servers", "localhost:9093").is_empty());
        assert!(with("controller.quorum.voters", "2@localhost:9093").is_empty());
        assert_eq!(with("controller.quorum.voters", "1@localhost:9093"), ["controller.quorum.voters"]);
    }

    #[test]
    fn directories_are_named_once_each() {
        assert!(refusals(&[("log.dirs", "/a,/b")]).is_empty());
        assert_eq!(refusals(&[("log.dirs", "/a,/b,/a")]), ["log.dirs"]);
        assert_eq!(refusals(&[("log.dirs", "/a,,/b")]), ["log.dirs"]);
    }

    #[test]
    fn the_largest_request_fits_the_budget() {
        assert_eq!(refusals(&[("queued.max.request.bytes", "1000")]), ["queued.max.request.bytes"]);
        assert_eq!(refusals(&[("vltava.request.memory.bytes", "2000000")]), ["vltava.request.memory.bytes"]);
        assert!(refusals(&[("queued.max.request.bytes", "1000"), ("socket.request.max.bytes", "1000")]).is_empty());
    }

    #[test]
    fn connection_limits_of_addresses_are_read() {
        assert!(refusals(&[("max.connections.per.ip.overrides", "127.0.0.1:10, ::1:5")]).is_empty());
        let key = "max.connections.per.ip.overrides";
        assert_eq!(refusals(&[(key, "127.0.0.1")]), [key]);
        assert_eq!(refusals(&[("max.connections.per.ip", "0")]), ["max.connections.per.ip"]);
    }

    #[test]
    fn other_rules_between_keys_hold() {
        assert_eq!(refusals(&[("log.retention.ms", "0")]), ["log.retention.ms"]);
        assert_eq!(refusals(&[("replica.fetch.wait.max.ms", "60000")]), ["replica.fetch.wait.max.ms"]);
        let key = "group.coordinator.rebalance.protocols";
        assert_eq!(refusals(&[(key, "consumer")]), [key]);
        assert_eq!(refusals(&[("broker.id", "5")]), ["broker.id"]);
    }
}
