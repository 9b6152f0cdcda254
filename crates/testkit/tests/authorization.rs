//! Without a rule nothing is allowed: every API says so with its own code, and nothing shows what exists.

use security::{Authorizer, Operation, ResourceType, Rule};
use testkit::{Client, TestBroker, produce_request};
use types::ErrorCode;

fn code(number: i16) -> ErrorCode {
    ErrorCode::from_code(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_do_nothing_sees_nothing() {
    let broker = TestBroker::with_authorizer(Authorizer::Rules(Vec::new())).await;
    let mut client = Client::connect(broker.address()).await;
    let answer = client.ask(9, &produce_request("t", 0, &["x"])).await;
    assert_eq!(code(answer.responses[0].partition_responses[0].error_code), ErrorCode::TopicAuthorizationFailed);

    let asked = wire::metadata_request::Topic { name: Some("t".into()), ..Default::default() };
    let request =
        wire::MetadataRequest { topics: Some(vec![asked]), allow_auto_topic_creation: true, ..Default::default() };
    let answer = client.ask(9, &request).await;
    assert_eq!(code(answer.topics[0].error_code), ErrorCode::TopicAuthorizationFailed);
    let all = client.ask(9, &wire::MetadataRequest { topics: None, ..Default::default() }).await;
    assert!(all.topics.is_empty(), "nothing was created, nothing is shown");

    let topic = wire::create_topics_request::Topic {
        name: "t".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let answer = client.ask(5, &wire::CreateTopicsRequest { topics: vec![topic], ..Default::default() }).await;
    assert_eq!(code(answer.topics[0].error_code), ErrorCode::TopicAuthorizationFailed);

    let answer = client.ask(5, &wire::JoinGroupRequest { group_id: "g".into(), ..Default::default() }).await;
    assert_eq!(code(answer.error_code), ErrorCode::GroupAuthorizationFailed);
    let answer = client.ask(3, &wire::HeartbeatRequest { group_id: "g".into(), ..Default::default() }).await;
    assert_eq!(code(answer.error_code), ErrorCode::GroupAuthorizationFailed);
    let answer = client.ask(3, &wire::FindCoordinatorRequest { key: "g".into(), ..Default::default() }).await;
    assert_eq!(code(answer.error_code), ErrorCode::GroupAuthorizationFailed);
    let answer = client
        .ask(
            2,
            &wire::InitProducerIdRequest {
                transactional_id: None,
                producer_id: -1,
                producer_epoch: -1,
                ..Default::default()
            },
        )
        .await;
    assert_eq!(code(answer.error_code), ErrorCode::ClusterAuthorizationFailed);
    let answer = client.ask(4, &wire::DescribeLogDirsRequest::default()).await;
    assert_eq!(code(answer.error_code), ErrorCode::ClusterAuthorizationFailed);
    let answer = client.ask(0, &wire::DescribeQuorumRequest::default()).await;
    assert_eq!(code(answer.error_code), ErrorCode::ClusterAuthorizationFailed);
    let answer = client.ask(1, &wire::UpdateFeaturesRequest::default()).await;
    assert_eq!(code(answer.error_code), ErrorCode::ClusterAuthorizationFailed);
    let answer = client.ask(0, &wire::UnregisterBrokerRequest { broker_id: 9, ..Default::default() }).await;
    assert_eq!(code(answer.error_code), ErrorCode::ClusterAuthorizationFailed);
    let answer = client.ask(0, &wire::AlterPartitionReassignmentsRequest::default()).await;
    assert_eq!(code(answer.error_code), ErrorCode::ClusterAuthorizationFailed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_opens_one_door() {
    let rule = |operation, kind, name: &str| Rule { user: "ANONYMOUS".into(), operation, kind, name: name.into() };
    let rules = vec![
        rule(Operation::Create, ResourceType::Cluster, "kafka-cluster"),
        rule(Operation::Write, ResourceType::Topic, "open"),
    ];
    let broker = TestBroker::with_authorizer(Authorizer::Rules(rules)).await;
    let mut client = Client::connect(broker.address()).await;
    for name in ["open", "closed"] {
        let topic = wire::create_topics_request::Topic {
            name: name.into(),
            num_partitions: 1,
            replication_factor: 1,
            ..Default::default()
        };
        let answer = client.ask(5, &wire::CreateTopicsRequest { topics: vec![topic], ..Default::default() }).await;
        assert_eq!(answer.topics[0].error_code, 0);
    }
    let answer = client.ask(9, &produce_request("open", 0, &["x"])).await;
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
    let answer = client.ask(9, &produce_request("closed", 0, &["x"])).await;
    assert_eq!(code(answer.responses[0].partition_responses[0].error_code), ErrorCode::TopicAuthorizationFailed);
    let all = client.ask(9, &wire::MetadataRequest { topics: None, ..Default::default() }).await;
    assert_eq!(all.topics.len(), 1, "writing implies describing, and nothing else is shown");
}
