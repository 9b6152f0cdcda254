//! DescribeConfigs (32), versions 1–4: what topics, brokers and groups are configured to do, and where each value comes from.
//!
//! Behaviour: no keys, or an empty list of them, means all; passwords are never shown. A broker is named by its id; the empty
//! name means what was set for all brokers, and shows only that. Version notes: 1+ synonyms; 3+ types and documentation.
//! Authorization: DescribeConfigs on the topic, the group or the cluster.

use config::{Resolved, Scope};
use metadata::ConfigResource;
use metadata::image::ResourceType;
use security::Operation;
use types::{ErrorCode, Str};
use wire::describe_configs_request::Resource as Asked;
use wire::describe_configs_response::{Config, Result as Told, Synonym};
use wire::{DescribeConfigsRequest, DescribeConfigsResponse};

use super::refusal::{Refused, authorize};
use crate::live_config::{LiveConfig, set_for};
use crate::router::Context;

pub(crate) async fn handle(context: Context, request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let results = request.resources.iter().map(|asked| {
        let (code, message, configs) = match describe(&context, asked, &request) {
            Ok(configs) => (ErrorCode::None, None, configs),
            Err((code, message)) => (code, Some(message), Vec::new()),
        };
        Told {
            error_code: code.code(),
            error_message: message.or_else(|| Some(Str::EMPTY).filter(|_| code.is_none())),
            resource_type: asked.resource_type,
            resource_name: asked.resource_name.clone(),
            configs,
            ..Told::default()
        }
    });
    DescribeConfigsResponse { results: results.collect(), ..DescribeConfigsResponse::default() }
}

fn describe(context: &Context, asked: &Asked, request: &DescribeConfigsRequest) -> Result<Vec<Config>, Refused> {
    let kind = ResourceType(asked.resource_type);
    authorize(context, Operation::DescribeConfigs, kind, &asked.resource_name)?;
    let node = &context.node;
    let image = node.cluster.image();
    let live = LiveConfig::of(&image, node.id);
    let layers = live.layers(&node.settings);
    let resource = ConfigResource { kind, name: asked.resource_name.clone() };
    let wanted = |name: &str| match asked.configuration_keys.as_deref() {
        None | Some([]) => true,
        Some(keys) => keys.iter().any(|key| key == name),
    };
    let names = |scope: Scope| {
        let asked_for_all = matches!(asked.configuration_keys.as_deref(), None | Some([]));
        config::keys(scope)
            .filter(move |key| !asked_for_all || key.importance != config::Importance::Internal)
            .map(|key| key.name)
            .filter(|name| wanted(name))
    };
    let resolved: Vec<Resolved> = match kind {
        ResourceType::TOPIC => {
            if types::validate_topic_name(&asked.resource_name).is_err() {
                return Err((ErrorCode::InvalidTopicException, "this is not a name that a topic can have".into()));
            }
            image.topic(&asked.resource_name).ok_or((ErrorCode::UnknownTopicOrPartition, Str::EMPTY))?;
            let set = set_for(&image, &resource);
            names(Scope::Topic).filter_map(|name| config::resolve_topic(name, &set, &layers)).collect()
        }
        ResourceType::BROKER if asked.resource_name.is_empty() => {
            let set = live.for_all().keys().filter(|name| wanted(name));
            set.filter_map(|name| config::resolve_broker(name, &layers)).map(as_set_for_all).collect()
        }
        ResourceType::BROKER => {
            let ours = asked.resource_name.parse() == Ok(node.id);
            if !ours {
                let message = format!("this is broker {}; ask broker {} itself", node.id, asked.resource_name);
                return Err((ErrorCode::InvalidRequest, message.into()));
            }
            names(Scope::Broker).filter_map(|name| config::resolve_broker(name, &layers)).collect()
        }
        ResourceType::GROUP => {
            let set = set_for(&image, &resource);
            names(Scope::Group).filter_map(|name| config::resolve_group(name, &set, &layers)).collect()
        }
        ResourceType::CLIENT_METRICS => Vec::new(),
        _ => return Err((ErrorCode::InvalidRequest, "configurations of this type are not served".into())),
    };
    Ok(resolved.into_iter().map(|resolved| told(context, resolved, request)).collect())
}

/// Of what is set for all brokers only that layer is shown.
fn as_set_for_all(mut resolved: Resolved) -> Resolved {
    resolved.synonyms.retain(|synonym| synonym.source == config::Source::DynamicDefaultBroker);
    if let Some(synonym) = resolved.synonyms.first() {
        resolved.value = synonym.value.clone();
        resolved.source = synonym.source;
    }
    resolved
}

fn told(context: &Context, resolved: Resolved, request: &DescribeConfigsRequest) -> Config {
    let synonyms = resolved.synonyms.into_iter().map(|synonym| Synonym {
        name: synonym.name.into(),
        value: synonym.value.map(Str::from),
        source: synonym.source.code(),
        ..Synonym::default()
    });
    let since_3 = context.version() >= 3;
    Config {
        name: Str::from(resolved.name),
        value: resolved.value.map(Str::from),
        read_only: resolved.read_only,
        config_source: resolved.source.code(),
        is_sensitive: resolved.sensitive,
        synonyms: if request.include_synonyms { synonyms.collect() } else { Vec::new() },
        config_type: if since_3 { resolved.kind.code() } else { 0 },
        documentation: (since_3 && request.include_documentation).then(|| Str::from(resolved.words)),
        ..Config::default()
    }
}
