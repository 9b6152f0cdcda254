//! server.properties: any text is read or refused, and so are its settings.
//!
//! What is written reads back as the same.
#![no_main]

use std::collections::BTreeMap;

use config::{
    BrokerLayers, GroupOptions, Properties, Scope, Settings, TopicOptions, append, resolve_broker, resolve_group,
    resolve_topic, subtract, validate, validate_broker_change, validate_topic,
};
use libfuzzer_sys::fuzz_target;

/// Every unknown key is compared with all that there are.
const MAX_PAIRS: usize = 24;

fuzz_target!(|data: &[u8]| {
    let Ok(properties) = Properties::parse("server.properties", data) else { return };
    let (pairs, _) = properties.effective();
    let written = Properties::write(&pairs);
    let again = Properties::parse("server.properties", written.as_bytes()).expect("what was written can be read");
    assert_eq!(again.effective().0, pairs);
    if pairs.len() > MAX_PAIRS {
        return;
    }
    use_settings(&pairs);
    let mut with_defaults = Settings::zero_configuration_properties();
    with_defaults.extend(pairs.iter().cloned());
    use_settings(&with_defaults);
    changes(&pairs);
});

/// Everything that a node asks its settings.
fn use_settings(pairs: &[(String, String)]) {
    let (settings, warnings) = match Settings::from_properties(pairs) {
        Ok(accepted) => accepted,
        Err(errors) => {
            assert!(!errors.is_empty());
            errors.iter().for_each(|error| drop(error.to_string()));
            return;
        }
    };
    warnings.iter().for_each(|warning| drop(warning.to_string()));
    let _ = (format!("{settings:?}"), settings.node_id(), settings.listeners(), settings.quorum_voters());
    let _ = (settings.log_dirs(), settings.metadata_log_dir(), settings.request_memory_bytes(), settings.flush_ms());
    let _ = (settings.retention_ms(), settings.log_roll_ms(), settings.log_roll_jitter_ms());
    let nothing = BTreeMap::new();
    assert_eq!(settings.overlaid(&nothing, &nothing).as_ref(), Ok(&settings));
    let overrides: BTreeMap<String, String> = pairs.iter().cloned().collect();
    let layers = BrokerLayers { dynamic_broker: &overrides, dynamic_default: &nothing, settings: &settings };
    let _ = TopicOptions::resolve(&overrides, |name| layers.value(name));
    let _ = GroupOptions::resolve(&overrides, |name| layers.value(name));
    let _ = validate_topic(&overrides, |name| layers.value(name));
    for (name, _) in pairs {
        let _ = resolve_broker(name, &layers);
        let _ = resolve_topic(name, &overrides, &layers);
        let _ = resolve_group(name, &overrides, &layers);
    }
}

/// The same settings as changes at run time.
fn changes(pairs: &[(String, String)]) {
    for (name, value) in pairs {
        for scope in [Scope::Broker, Scope::Topic, Scope::Group] {
            let _ = validate(scope, name, value);
            if let Ok(longer) = append(scope, name, Some(value), value) {
                let _ = subtract(scope, name, Some(&longer), value);
            }
        }
        let _ = validate_broker_change(name, value, true);
        let _ = validate_broker_change(name, value, false);
    }
}
