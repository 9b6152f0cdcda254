//! Every served API in every version: an answer that can be read, or a closed connection where Kafka closes it; and the node
//! goes on serving.

use std::ops::RangeInclusive;
use std::time::Duration;

use testkit::{Client, TestBroker};
use wire::{ApiKey, ApiVersionsRequest, Request, Sample, Sampler};

/// Samples of one version of one API.
const SAMPLES: u64 = 6;

async fn versions(client: &mut Client) -> Vec<(i16, RangeInclusive<i16>)> {
    let request = ApiVersionsRequest {
        client_software_name: "testkit".into(),
        client_software_version: "1".into(),
        ..ApiVersionsRequest::default()
    };
    let answer = client.ask(3, &request).await;
    answer.api_keys.iter().map(|range| (range.api_key, range.min_version..=range.max_version)).collect()
}

async fn exercise<R: Request + Sample>(broker: &TestBroker, served: &[(i16, RangeInclusive<i16>)]) {
    exercise_tamed::<R>(broker, served, |_| {}).await;
}

/// The same with requests that are changed first, so that they do not wait.
async fn exercise_tamed<R: Request + Sample>(
    broker: &TestBroker,
    served: &[(i16, RangeInclusive<i16>)],
    tame: impl Fn(&mut R),
) {
    let Some((_, range)) = served.iter().find(|(key, _)| *key == R::API.code()) else { return };
    for version in range.clone().filter(|version| R::VERSIONS.contains(version)) {
        for seed in 0..SAMPLES {
            let mut request: R = if seed == 0 { R::default() } else { Sampler::new(seed).value(version) };
            tame(&mut request);
            let mut client = Client::connect(broker.address()).await;
            let asked = tokio::time::timeout(Duration::from_secs(2), client.try_ask(version, &request)).await;
            match asked {
                // Random waits can be long; that nothing broke shows when the broker still answers others.
                Err(_) | Ok(Ok(_)) => {}
                Ok(Err(testkit::ClientError::Closed)) => {
                    assert!(
                        may_close(R::API),
                        "{} version {version} seed {seed} closed the connection: {request:?}",
                        R::NAME
                    );
                }
                Ok(Err(error)) => panic!("{} version {version} seed {seed}: {error:?}", R::NAME),
            }
        }
    }
}

/// A produce request without acknowledgement that fails, and what waits for others, may end with the connection.
fn may_close(api: ApiKey) -> bool {
    matches!(api, ApiKey::Produce)
}

macro_rules! exercise_all {
    ($broker:expr, $served:expr, $($request:ident),* $(,)?) => {
        $(exercise::<wire::$request>($broker, $served).await;)*
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_version_of_every_api_is_answered() {
    let broker = TestBroker::in_memory_with(&[("auto.create.topics.enable", "false")]).await;
    let served = versions(&mut Client::connect(broker.address()).await).await;
    assert_eq!(served.len(), 37, "{served:?}");
    exercise_all!(
        &broker,
        &served,
        ProduceRequest,
        ListOffsetsRequest,
        MetadataRequest,
        OffsetCommitRequest,
        OffsetFetchRequest,
        FindCoordinatorRequest,
        HeartbeatRequest,
        LeaveGroupRequest,
        SyncGroupRequest,
        DescribeGroupsRequest,
        ListGroupsRequest,
        CreateTopicsRequest,
        DeleteTopicsRequest,
        DeleteRecordsRequest,
        InitProducerIdRequest,
        OffsetForLeaderEpochRequest,
        DescribeConfigsRequest,
        AlterConfigsRequest,
        AlterReplicaLogDirsRequest,
        DescribeLogDirsRequest,
        CreatePartitionsRequest,
        DeleteGroupsRequest,
        ElectLeadersRequest,
        IncrementalAlterConfigsRequest,
        AlterPartitionReassignmentsRequest,
        ListPartitionReassignmentsRequest,
        OffsetDeleteRequest,
        DescribeQuorumRequest,
        UpdateFeaturesRequest,
        DescribeClusterRequest,
        DescribeProducersRequest,
        UnregisterBrokerRequest,
        ListConfigResourcesRequest,
        DescribeTopicPartitionsRequest,
    );
    exercise_tamed::<wire::FetchRequest>(&broker, &served, |request| request.max_wait_ms = 0).await;
    exercise_tamed::<wire::JoinGroupRequest>(&broker, &served, |request| request.session_timeout_ms = 0).await;
    exercise_tamed::<ApiVersionsRequest>(&broker, &served, |request| {
        request.client_software_name = "testkit".into();
    })
    .await;
    assert_eq!(versions(&mut Client::connect(broker.address()).await).await, served);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_from_the_future_learns_what_is_spoken() {
    let broker = TestBroker::in_memory().await;
    let mut client = Client::connect(broker.address()).await;
    // Key 18, version 99, correlation 7, null client id, and a body nobody knows.
    client.send_raw(&[0, 0, 0, 12, 0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0, 0]).await;
    let frame = client.receive_raw().await.expect("an answer");
    let (correlation, answer) =
        wire::frame::decode_response::<wire::ApiVersionsResponse>(frame, ApiKey::ApiVersions, 0)
            .expect("a version 0 body");
    assert_eq!((correlation, answer.error_code), (7, types::ErrorCode::UnsupportedVersion.code()));
    assert_eq!(answer.api_keys.len(), 1);
}
