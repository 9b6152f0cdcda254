//! Configurations and features.

mod support;

use metadata::MetadataVersion;
use metadata::controller::*;
use metadata::image::{ConfigResource, ResourceType};
use records::MetadataRecord;
use support::*;
use types::{ErrorCode, Str};

fn one(
    cluster: &mut Cluster,
    resource: ConfigResource,
    operation: ConfigOperation,
    name: &str,
    value: Option<&str>,
) -> Result<(), metadata::Refusal> {
    let change = ConfigChange { name: Str::from(name), operation, value: value.map(Str::from) };
    many(cluster, vec![ResourceChanges { resource, changes: vec![change] }], false).remove(0).result
}

fn many(cluster: &mut Cluster, resources: Vec<ResourceChanges>, validate_only: bool) -> Vec<AlterConfigsResult> {
    match cluster.ask(Command::IncrementalAlterConfigs(IncrementalAlterConfigs { resources, validate_only })) {
        Answer::IncrementalAlterConfigs(results) => results,
        other => panic!("{other:?}"),
    }
}

fn value(cluster: &Cluster, resource: &ConfigResource, name: &str) -> Option<String> {
    cluster.image().config(resource, name).map(|value| value.to_string())
}

fn with_topic() -> (Cluster, ConfigResource) {
    let mut cluster = Cluster::of(version("4.3"), 2);
    cluster.create_assigned("t", &[&[1]]);
    (cluster, ConfigResource::topic("t"))
}

#[test]
fn configurations_are_set_removed_appended_to_and_subtracted_from() {
    let (mut cluster, t) = with_topic();
    let policy = "cleanup.policy";
    let mut step = |operation, value: Option<&str>| {
        one(&mut cluster, t.clone(), operation, policy, value).expect("it can be done");
        self::value(&cluster, &t, policy)
    };
    assert_eq!(
        step(ConfigOperation::Append, Some("compact")).as_deref(),
        Some("delete,compact"),
        "the default comes first"
    );
    assert_eq!(step(ConfigOperation::Append, Some("compact")).as_deref(), Some("delete,compact"));
    assert_eq!(step(ConfigOperation::Subtract, Some("delete,other")).as_deref(), Some("compact"));
    assert_eq!(step(ConfigOperation::Set, Some("delete")).as_deref(), Some("delete"));
    assert_eq!(step(ConfigOperation::Delete, None), None);
}

#[test]
fn changes_that_cannot_be_are_refused_resource_by_resource() {
    let (mut cluster, t) = with_topic();
    let resource = |kind: i8, name: &str| ConfigResource { kind: ResourceType(kind), name: Str::from(name) };
    use ConfigOperation::*;
    let cases = [
        (t.clone(), Set, "retention.ms", Some("soon"), ErrorCode::InvalidConfig),
        (t.clone(), Set, "retention.ms", None, ErrorCode::InvalidRequest),
        (t.clone(), Append, "retention.ms", Some("1"), ErrorCode::InvalidConfig),
        (resource(2, "nobody"), Set, "retention.ms", Some("1"), ErrorCode::UnknownTopicOrPartition),
        (resource(4, "9"), Set, "x", Some("1"), ErrorCode::BrokerIdNotRegistered),
        (resource(4, "nine"), Set, "x", Some("1"), ErrorCode::InvalidRequest),
        (resource(8, "1"), Set, "x", Some("1"), ErrorCode::InvalidRequest),
        (resource(0, ""), Set, "x", Some("1"), ErrorCode::InvalidRequest),
        (resource(4, "1"), Set, "min.insync.replicas", Some("1"), ErrorCode::InvalidConfig),
        (resource(4, ""), Delete, "min.insync.replicas", None, ErrorCode::InvalidConfig),
    ];
    for (resource, operation, name, value, expected) in cases {
        let what = format!("{resource:?} {name}");
        assert_eq!(code(one(&mut cluster, resource, operation, name, value)), expected, "{what}");
    }
    let long = "x".repeat(MAX_CONFIG_VALUE_LENGTH + 1);
    assert_eq!(code(one(&mut cluster, t.clone(), Set, "x", Some(&long))), ErrorCode::InvalidConfig);
    for (kind, name) in [(4, "1"), (4, "100"), (4, ""), (16, "subscription"), (32, "group")] {
        one(&mut cluster, resource(kind, name), Set, "x", Some("1")).expect("it can be set");
        assert_eq!(value(&cluster, &resource(kind, name), "x").as_deref(), Some("1"));
    }
}

#[test]
fn a_resource_is_changed_as_a_whole_or_not_at_all() {
    let (mut cluster, t) = with_topic();
    let set = |name: &str, value: &str| ConfigChange {
        name: Str::from(name),
        operation: ConfigOperation::Set,
        value: Some(Str::from(value)),
    };
    let broker = ConfigResource::broker(1);
    let resources = vec![
        ResourceChanges { resource: t.clone(), changes: vec![set("a", "1"), set("retention.ms", "soon")] },
        ResourceChanges { resource: broker.clone(), changes: vec![set("b", "1")] },
    ];
    let tried = many(&mut cluster, resources.clone(), true);
    assert_eq!(value(&cluster, &broker, "b"), None);
    let done = many(&mut cluster, resources, false);
    assert_eq!(tried, done);
    assert!(done[0].result.is_err() && done[1].result.is_ok());
    assert_eq!((value(&cluster, &t, "a"), value(&cluster, &broker, "b").as_deref()), (None, Some("1")));

    let same_key = vec![ResourceChanges { resource: t.clone(), changes: vec![set("a", "1"), set("a", "2")] }];
    assert_eq!(code(many(&mut cluster, same_key, false).remove(0).result), ErrorCode::InvalidRequest);
    let entry = ResourceChanges { resource: t.clone(), changes: vec![set("a", "1")] };
    for result in many(&mut cluster, vec![entry.clone(), entry], false) {
        assert_eq!(code(result.result), ErrorCode::InvalidRequest);
    }
}

#[test]
fn an_unchanged_value_is_written_for_brokers_only() {
    let (mut cluster, t) = with_topic();
    for (resource, again) in [(t, 0), (ConfigResource::broker(1), 1)] {
        let change =
            ConfigChange { name: Str::from("x"), operation: ConfigOperation::Set, value: Some(Str::from("1")) };
        let resources = vec![ResourceChanges { resource, changes: vec![change] }];
        let command = Command::IncrementalAlterConfigs(IncrementalAlterConfigs { resources, validate_only: false });
        assert_eq!(cluster.wrote(command.clone()).1.len(), 1);
        assert_eq!(cluster.wrote(command).1.len(), again);
    }
}

#[test]
fn the_older_request_replaces_everything() {
    let (mut cluster, t) = with_topic();
    cluster.set_config(t.clone(), "a", Some("1")).expect("it can be set");
    cluster.set_config(t.clone(), "b", Some("2")).expect("it can be set");
    let mut replace = |configs: Vec<(Str, Option<Str>)>| {
        let resources = vec![ResourceConfigs { resource: t.clone(), configs }];
        match cluster.wrote(Command::AlterConfigs(AlterConfigs { resources, validate_only: false })) {
            (Answer::AlterConfigs(mut results), records) => (results.remove(0).result, records.len()),
            (other, _) => panic!("{other:?}"),
        }
    };
    let (result, written) =
        replace(vec![(Str::from("b"), Some(Str::from("3"))), (Str::from("c"), Some(Str::from("4")))]);
    assert_eq!((result, written), (Ok(()), 3));
    assert_eq!(code(replace(vec![(Str::from("b"), None)]).0), ErrorCode::InvalidRequest);
    let left: Vec<_> =
        cluster.image().configs_of(&t).expect("some are left").iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(left, ["b=3", "c=4"]);
}

#[test]
fn a_new_cluster_begins_with_its_features_in_one_transaction() {
    let mut cluster = Cluster::empty(version("4.3"));
    let told: Vec<String> = cluster
        .log
        .iter()
        .map(|record| match record {
            MetadataRecord::FeatureLevel(it) => format!("{}={}", it.name, it.feature_level),
            MetadataRecord::Config(it) => format!("{}={:?}", it.name, it.value),
            other => other.name().to_owned(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "BeginTransactionRecord",
            "metadata.version=30",
            "transaction.version=2",
            "group.version=1",
            "eligible.leader.replicas.version=1",
            "share.version=1",
            "streams.version=1",
            "min.insync.replicas=Some(\"1\")",
            "EndTransactionRecord",
        ]
    );
    assert!(cluster.activate(version("4.0")).is_empty(), "a cluster is bootstrapped once");
    let old = Cluster::empty(version("3.5"));
    assert_eq!(old.log.len(), 1, "no transaction and no other feature at that version");
    assert_eq!(old.image().finalized_metadata_version(), MetadataVersion::from_name("3.5-IV2"));
}

#[test]
fn a_transaction_left_open_is_aborted_by_the_next_controller() {
    let whole = Cluster::empty(version("4.3"));
    let mut cluster = Cluster::empty(version("4.3"));
    let options = cluster.controller.options().clone();
    let mut torn = Controller::new(options);
    for record in &whole.log[..4] {
        machine::Ledger::apply(&mut torn, record);
    }
    assert!(torn.image().in_transaction());
    assert_eq!(torn.image().published().finalized_metadata_version(), None);
    cluster.controller = torn;
    cluster.log = whole.log[..4].to_vec();
    let records = cluster.activate(version("4.3"));
    assert!(matches!(records[0], MetadataRecord::AbortTransaction(_)));
    assert_eq!(records[1..], whole.log[..]);
    assert!(*cluster.image() == *whole.image());
}

#[test]
fn features_go_up_and_down_as_far_as_everybody_supports() {
    use UpgradeType::*;
    let mut cluster = Cluster::of(version("4.0-IV1"), 1);
    assert_eq!(cluster.update_feature("metadata.version", 25, Upgrade), Ok(()));
    assert_eq!(cluster.update_feature("metadata.version", 23, SafeDowngrade), Ok(()), "the format is the same");
    assert_eq!(cluster.update_feature("transaction.version", 2, Upgrade), Ok(()));
    assert_eq!(cluster.update_feature("transaction.version", 0, SafeDowngrade), Ok(()));
    for (name, level, upgrade_type) in [
        ("metadata.version", 22, SafeDowngrade),
        ("metadata.version", 22, UnsafeDowngrade),
        ("metadata.version", 22, Upgrade),
        ("metadata.version", 25, SafeDowngrade),
        ("metadata.version", 31, Upgrade),
        ("metadata.version", 0, SafeDowngrade),
        ("transaction.version", 3, Upgrade),
        ("transaction.version", -1, SafeDowngrade),
        ("kraft.version", 1, Upgrade),
        ("no.such.feature", 0, Upgrade),
    ] {
        let result = cluster.update_feature(name, level, upgrade_type);
        assert_eq!(code(result), ErrorCode::InvalidUpdateVersion, "{name} {level}");
    }
    let mut narrow = cluster.registration(2, 0);
    narrow.features[0] = range("metadata.version", 23, 24);
    cluster.ask(Command::RegisterBroker(narrow));
    assert_eq!(code(cluster.update_feature("metadata.version", 25, Upgrade)), ErrorCode::InvalidUpdateVersion);
    assert_eq!(cluster.update_feature("metadata.version", 24, Upgrade), Ok(()));
}

#[test]
fn updates_of_one_request_are_made_together_or_not_at_all() {
    let mut cluster = Cluster::of(version("3.9"), 1);
    let update =
        |name: &str, level| FeatureUpdate { feature: Str::from(name), level, upgrade_type: UpgradeType::Upgrade };
    let mut ask = |updates: Vec<FeatureUpdate>, validate_only| {
        let answer = cluster.ask(Command::UpdateFeatures(UpdateFeatures { updates, validate_only }));
        let Answer::UpdateFeatures(result) = answer else { panic!() };
        (result.map_err(|refusal| refusal.code), cluster.image().features().len())
    };
    let elr = "eligible.leader.replicas.version";
    assert_eq!(ask(vec![update("group.version", 1), update(elr, 1)], false), (Err(ErrorCode::InvalidUpdateVersion), 1));
    assert_eq!(
        ask(vec![update("group.version", 1), update("group.version", 1)], false),
        (Err(ErrorCode::InvalidRequest), 1)
    );
    assert_eq!(ask(vec![update(elr, 1), update("metadata.version", 25)], true), (Ok(()), 1));
    assert_eq!(ask(vec![update(elr, 1), update("metadata.version", 25)], false), (Ok(()), 2));
}

#[test]
fn switching_eligible_replicas_on_settles_min_in_sync_replicas() {
    let mut cluster = Cluster::of(version("4.0"), 2);
    let name = "min.insync.replicas";
    cluster.set_config(ConfigResource::broker(1), name, Some("2")).expect("it can be set");
    cluster.update_feature("eligible.leader.replicas.version", 1, UpgradeType::Upgrade).expect("all support it");
    assert_eq!(value(&cluster, &ConfigResource::broker(1), name), None);
    assert_eq!(value(&cluster, &ConfigResource::cluster(), name).as_deref(), Some("1"));
}
