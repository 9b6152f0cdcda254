//! The table of APIs: one row each, one file each. What has no row is not served and not advertised.
//!
//! A handler is `async fn handle(context: Context, request: XRequest) -> XResponse`. Whatever it does before its first wait
//! happens in the order in which the requests of a connection arrived. Each begins with authorization.

pub(crate) mod cluster;
pub(crate) mod configs;
pub(crate) mod groups;
pub(crate) mod quorum;
pub(crate) mod records;
pub(crate) mod topics;

use std::ops::RangeInclusive;

use net::{Answer, Reply};
use wire::{ApiKey, Reader};

use crate::router::{Context, Outcome};

/// One served API.
pub(crate) struct Row {
    pub(crate) api: ApiKey,
    call: fn(Context, Reader) -> Reply,
}

impl Row {
    /// The versions that are told to clients. Produce is told from 0, as Kafka does (KAFKA-18659): librdkafka reads features
    /// from the range; versions below 3 are not served.
    pub(crate) fn advertised(&self) -> RangeInclusive<i16> {
        let served = self.api.stable_versions();
        if self.api == ApiKey::Produce { 0..=*served.end() } else { served }
    }

    /// Is it served on listeners for controllers, or on those for clients? The controllers' fetch is the quorum's own.
    pub(crate) fn is_served_on(&self, for_controllers: bool) -> bool {
        if for_controllers { self.api.on_controller() && self.api != ApiKey::Fetch } else { self.api.on_broker() }
    }

    /// Starts the handler.
    pub(crate) fn call(&self, context: Context, body: Reader) -> Reply {
        (self.call)(context, body)
    }
}

/// Declares the rows: the API and its handler.
macro_rules! rows {
    ($($api:ident => $handler:path),* $(,)?) => {
        /// Every served API, by its number.
        pub(crate) static ROWS: &[Row] = &[$(Row {
            api: ApiKey::$api,
            call: |context, body| Box::pin(serve(context, body, $handler)),
        }),*];
    };
}

rows! {
    Produce => records::produce::handle,
    Fetch => records::fetch::handle,
    ListOffsets => records::list_offsets::handle,
    Metadata => topics::metadata::handle,
    OffsetCommit => groups::offset_commit::handle,
    OffsetFetch => groups::offset_fetch::handle,
    FindCoordinator => groups::find_coordinator::handle,
    JoinGroup => groups::join_group::handle,
    Heartbeat => groups::heartbeat::handle,
    LeaveGroup => groups::leave_group::handle,
    SyncGroup => groups::sync_group::handle,
    DescribeGroups => groups::describe_groups::handle,
    ListGroups => groups::list_groups::handle,
    ApiVersions => cluster::api_versions::handle,
    CreateTopics => topics::create_topics::handle,
    DeleteTopics => topics::delete_topics::handle,
    DeleteRecords => records::delete_records::handle,
    InitProducerId => records::init_producer_id::handle,
    OffsetForLeaderEpoch => records::offset_for_leader_epoch::handle,
    DescribeConfigs => configs::describe_configs::handle,
    AlterConfigs => configs::alter_configs::handle,
    AlterReplicaLogDirs => cluster::alter_replica_log_dirs::handle,
    DescribeLogDirs => cluster::describe_log_dirs::handle,
    CreatePartitions => topics::create_partitions::handle,
    DeleteGroups => groups::delete_groups::handle,
    ElectLeaders => cluster::elect_leaders::handle,
    IncrementalAlterConfigs => configs::incremental_alter_configs::handle,
    AlterPartitionReassignments => cluster::alter_partition_reassignments::handle,
    ListPartitionReassignments => cluster::list_partition_reassignments::handle,
    OffsetDelete => groups::offset_delete::handle,
    DescribeQuorum => quorum::describe_quorum::handle,
    UpdateFeatures => cluster::update_features::handle,
    DescribeCluster => cluster::describe_cluster::handle,
    DescribeProducers => records::describe_producers::handle,
    UnregisterBroker => cluster::unregister_broker::handle,
    ListConfigResources => configs::list_config_resources::handle,
    DescribeTopicPartitions => topics::describe_topic_partitions::handle,
}

/// The row of an API, if it is served.
pub(crate) fn row(api: ApiKey) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.api == api)
}

/// Decodes, handles, encodes. A body that cannot be read ends the connection, as in Kafka: what follows it cannot be trusted.
async fn serve<R, O, F>(context: Context, mut body: Reader, handler: impl FnOnce(Context, R) -> F) -> Answer
where
    R: wire::Request,
    O: Into<Outcome<R::Response>>,
    F: Future<Output = O>,
{
    // Bytes behind the body are passed over, as in Kafka: librdkafka 2.16 sends some behind a request for all topics.
    let request = match R::decode(&mut body, context.version()) {
        Ok(request) => request,
        Err(error) => {
            tracing::info!(connection = context.session.id(), api = R::NAME, %error, "closed a connection: request cannot be read");
            return Answer::Close;
        }
    };
    let finish = context.finish();
    let outcome = handler(context, request).await.into();
    finish.answer(outcome)
}
