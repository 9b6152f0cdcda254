//! Bringing a node up.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use config::{Listener as ListenerConfig, Settings};
use metadata::controller::{Bootstrap, ControllerOptions};
use net::{Limits, Listener, ListenerError, Stops};
use observe::Registry;
use quorum::{QuorumOptions, ReplicaKey, VoterSet};
use records::MetadataRecord;
use runtime::{Budget, Clock, Disk, Random};
use security::Authorizer;
use storage::{DirectoryError, Log, LogDirectories, LogDirectory, LogOptions, StorageError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::{CLUSTER_METADATA, NO_TIMESTAMP, Str, TopicPartition, Uuid};

use super::{background, gauges, identity, register};
use crate::api::records::fetch_session::FetchSessions;
use crate::cluster::checkpoint::{BOOTSTRAP, Checkpoint};
use crate::cluster::{self, DriverParts, KeyTable, Publisher};
use crate::coordinator::GroupCoordinators;
use crate::directories::Directories;
use crate::format::{Format, FormatError, controller_endpoints};
use crate::http;
use crate::metrics::Metrics;
use crate::node::{Node, group_options};
use crate::partition::{Durability, Partitions};
use crate::producer_ids::ProducerIds;
use crate::router::Router;

/// Why a node does not start. Nothing on disk was changed, unless the message says so.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration asks for what cannot be done.
    #[error("{0}")]
    Configuration(String),
    /// A port cannot be opened.
    #[error("{0}; choose another port in `listeners`, or stop whoever has it")]
    Listener(#[from] ListenerError),
    /// A log directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Formatting failed.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Logs could not be recovered for want of space.
    #[error(
        "no space is left on the disk of {}, so logs cannot be recovered: nothing is lost; free some space and start again",
        .0.display()
    )]
    NoSpace(PathBuf),
    /// The metadata log cannot be used.
    #[error("{0}")]
    Metadata(String),
}

/// What a node is started with.
pub struct ServerOptions {
    /// The checked configuration.
    pub settings: Settings,
    /// Where its files are.
    pub disk: Disk,
    /// Its clock.
    pub clock: Clock,
    /// Its source of randomness.
    pub random: Random,
    /// Who may do what.
    pub authorizer: Authorizer,
    /// Empty directories are formatted for a new cluster of this node alone.
    pub formats_itself: bool,
}

impl ServerOptions {
    /// A node on this machine's files and clock.
    pub fn new(settings: Settings) -> ServerOptions {
        ServerOptions {
            settings,
            disk: Disk::os(),
            clock: Clock::system(),
            random: Random::system(),
            authorizer: Authorizer::AllowEveryone,
            formats_itself: false,
        }
    }
}

/// A running node.
#[derive(Debug)]
pub struct Server {
    pub(super) node: Arc<Node>,
    pub(super) addresses: Vec<(String, SocketAddr)>,
    pub(super) metrics_address: Option<SocketAddr>,
    pub(super) serving: Stops,
    pub(super) stop_background: CancellationToken,
    pub(super) connections: TaskTracker,
    pub(super) background: TaskTracker,
    pub(super) controller: Option<std::thread::JoinHandle<()>>,
    pub(super) failure: watch::Receiver<Option<String>>,
}

impl Server {
    /// Starts a node; it serves when this returns. Must be called on a tokio runtime with more than one thread.
    pub async fn start(options: ServerOptions) -> Result<Server, StartError> {
        let settings = Arc::new(options.settings.clone());
        check_served(&settings)?;
        runtime::raise_open_file_limit();
        let limits = limits(&settings);
        let mut listeners = Vec::new();
        for listener in &settings.listeners().all {
            listeners.push(Listener::open(&listener.name, &listener.host, listener.port, limits.clone()).await?);
        }
        let metrics_listener = open_metrics(&settings).await?;
        let identity = identity::establish(&options.disk, &settings, &options.clock, options.formats_itself)?;
        let addresses: Vec<(String, SocketAddr)> =
            listeners.iter().map(|listener| (listener.name().to_owned(), listener.address())).collect();

        let opened = open_directories(&options, &settings, &identity)?;
        let durability = Durability::named(settings.get_str("vltava.durability"));
        let registry = Registry::default();
        let handle = tokio::runtime::Handle::current();
        let partitions = Arc::new(Partitions::new(registry.clone()));
        let groups = Arc::new(GroupCoordinators::new(group_options(&settings), options.clock.clone(), durability));
        let log_directories = LogDirectories::new(opened.for_topics.clone())?;
        let metadata = (opened.metadata_directory.clone(), opened.metadata_log.clone());
        let directories =
            Arc::new(Directories::new(log_directories, metadata, opened.damaged, opened.logs, handle.clone()));
        let (failed, failure) = watch::channel(None);
        let publisher = Publisher {
            node: settings.node_id(),
            settings: settings.clone(),
            clock: options.clock.clone(),
            partitions: partitions.clone(),
            directories: directories.clone(),
            groups: groups.clone(),
        };
        let parts = DriverParts {
            disk: options.disk.clone(),
            log: opened.metadata_log.clone(),
            clock: options.clock.clone(),
            runtime: handle,
            quorum: quorum_options(&settings, &identity.cluster_id, opened.metadata_directory.id(), &options.random)?,
            controller: controller_options(&settings, &identity.cluster_id),
            bootstrap: read_bootstrap(&options.disk, &settings)?,
            supported: ControllerOptions::default().supported_features.into(),
            snapshot_bytes: settings.get_long("metadata.log.max.record.bytes.between.snapshots") as u64,
            keep_bytes: u64::try_from(settings.get_long("metadata.max.retention.bytes")).unwrap_or(u64::MAX),
            failed: Box::new(move |reason| {
                failed.send_replace(Some(reason));
            }),
        };
        let started = tokio::task::block_in_place(|| cluster::start(parts, publisher));
        let (cluster, controller) = started.map_err(|error| StartError::Metadata(error.to_string()))?;
        let node = Arc::new(Node {
            id: settings.node_id(),
            cluster_id: identity.cluster_id.as_str().into(),
            clock: options.clock.clone(),
            authorizer: options.authorizer,
            durability,
            metrics: Metrics::new(registry),
            cluster,
            partitions,
            directories: directories.clone(),
            groups,
            fetch_sessions: FetchSessions::new(
                settings.get_int("max.incremental.fetch.session.cache.slots").max(0) as usize,
                options.random.clone(),
            ),
            producer_ids: ProducerIds::new(settings.node_id()),
            full_disk_warned_ms: AtomicI64::new(NO_TIMESTAMP),
            random: options.random,
            settings,
        });
        gauges::register(&node);
        register::register(&node, &addresses, opened.clean_broker_epoch).await?;
        directories.remove_strays();
        let mut server = Server {
            node: node.clone(),
            addresses,
            metrics_address: metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok()),
            serving: Stops::default(),
            stop_background: CancellationToken::new(),
            connections: TaskTracker::new(),
            background: TaskTracker::new(),
            controller: Some(controller),
            failure,
        };
        server.serve(listeners, metrics_listener);
        Ok(server)
    }

    fn serve(&mut self, listeners: Vec<Listener>, metrics: Option<tokio::net::TcpListener>) {
        for listener in listeners {
            let for_controllers = self.node.settings.listeners().is_controller(listener.name());
            let router = Arc::new(Router { node: self.node.clone(), for_controllers });
            let tasks = self.connections.clone();
            self.connections.spawn(listener.serve(router, self.serving.clone(), tasks));
        }
        if let Some(metrics) = metrics {
            self.background.spawn(http::serve(metrics, self.node.clone(), self.stop_background.clone()));
        }
        background::spawn(&self.node, &self.background, &self.stop_background);
    }

    /// The listeners and where they listen.
    pub fn addresses(&self) -> &[(String, SocketAddr)] {
        &self.addresses
    }

    /// Where clients connect: the first listener that is not for controllers.
    pub fn address(&self) -> Option<SocketAddr> {
        let listeners = self.node.settings.listeners();
        self.addresses.iter().find(|(name, _)| !listeners.is_controller(name)).map(|(_, address)| *address)
    }

    /// Where metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The cluster's id.
    pub fn cluster_id(&self) -> &str {
        &self.node.cluster_id
    }

    /// The node's id.
    pub fn node_id(&self) -> i32 {
        self.node.id
    }

    /// Features that the cluster has finalised and that this program does not serve yet.
    pub fn unserved_features(&self) -> Vec<String> {
        use metadata::features::{GROUP_VERSION, SHARE_VERSION, STREAMS_VERSION, TRANSACTION_VERSION};
        let image = self.node.cluster.image();
        let unserved = [TRANSACTION_VERSION, GROUP_VERSION, SHARE_VERSION, STREAMS_VERSION];
        let finalised = unserved.iter().map(|&name| (name, image.feature_level(name))).filter(|(_, level)| *level > 0);
        finalised.map(|(name, level)| format!("{name}={level}")).collect()
    }

    /// Returns when the node cannot go on, with the reason.
    pub async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        let waited = failure.wait_for(Option::is_some).await;
        waited.ok().and_then(|reason| reason.clone()).unwrap_or_else(|| "the controller has ended".to_owned())
    }
}

/// What the configuration asks for must be served; what is not is said before anything is touched.
fn check_served(settings: &Settings) -> Result<(), StartError> {
    let refuse = |message: String| Err(StartError::Configuration(message));
    if !(settings.is_broker() && settings.is_controller()) {
        return refuse(
            "process.roles must be `broker,controller`: nodes with one role need clusters of several nodes, which are not served yet"
                .to_owned(),
        );
    }
    let authorizer = settings.get_str("authorizer.class.name");
    if !authorizer.is_empty() {
        return refuse(format!(
            "authorizer.class.name is {authorizer}, but access control lists are not enforced yet: everybody could do everything. Remove the key to start without authorization"
        ));
    }
    let voters = settings.quorum_voters();
    if voters.iter().any(|voter| voter.id != settings.node_id()) {
        return refuse(
            "controller.quorum.voters names other nodes: clusters of several nodes are not served yet".to_owned(),
        );
    }
    Ok(())
}

fn limits(settings: &Settings) -> Limits {
    let buffer = |name: &str| usize::try_from(settings.get_int(name)).ok().filter(|&bytes| bytes > 0);
    let idle = settings.get_long("connections.max.idle.ms");
    Limits {
        frame_bytes: settings.get_int("socket.request.max.bytes").max(1) as usize,
        pipeline: settings.get_int("vltava.connection.pipeline").max(1) as usize,
        idle: u64::try_from(idle).ok().map(Duration::from_millis),
        connections: settings.get_int("max.connections").max(0) as usize,
        connections_per_ip: settings.get_int("max.connections.per.ip").max(0) as usize,
        backlog: settings.get_int("socket.listen.backlog.size").max(1) as u32,
        // The system adjusts its buffers by itself; Kafka's default of 100 KiB would hold it back.
        send_buffer: settings.explicit("socket.send.buffer.bytes").and_then(|_| buffer("socket.send.buffer.bytes")),
        receive_buffer: settings
            .explicit("socket.receive.buffer.bytes")
            .and_then(|_| buffer("socket.receive.buffer.bytes")),
        budget: Budget::new(settings.request_memory_bytes().max(1) as usize),
    }
}

async fn open_metrics(settings: &Settings) -> Result<Option<tokio::net::TcpListener>, StartError> {
    let address = settings.get_str("vltava.metrics.listener");
    if address.is_empty() {
        return Ok(None);
    }
    tokio::net::TcpListener::bind(address).await.map(Some).map_err(|source| {
        StartError::Configuration(format!(
            "vltava.metrics.listener cannot listen on {address}: {source}; choose another port, or leave it empty to serve no metrics"
        ))
    })
}

/// The directories of a node that is starting, and what was found in them.
struct Opened {
    for_topics: Vec<Arc<LogDirectory>>,
    metadata_directory: Arc<LogDirectory>,
    metadata_log: Arc<Log>,
    logs: HashMap<TopicPartition, (Arc<Log>, usize)>,
    damaged: HashSet<TopicPartition>,
    clean_broker_epoch: i64,
}

fn open_directories(
    options: &ServerOptions,
    settings: &Settings,
    identity: &identity::Identity,
) -> Result<Opened, StartError> {
    let mut all = Vec::new();
    for path in &identity.paths {
        let (disk, clock) = (&options.disk, options.clock.clone());
        all.push(Arc::new(LogDirectory::open(disk, path, &identity.cluster_id, settings.node_id(), clock)?));
    }
    let metadata_path = PathBuf::from(settings.metadata_log_dir());
    let is_topic_path =
        |path: &std::path::Path| settings.log_dirs().iter().any(|dir| std::path::Path::new(dir) == path);
    let for_topics: Vec<_> = all.iter().filter(|directory| is_topic_path(directory.path())).cloned().collect();
    let metadata_name = TopicPartition::new(CLUSTER_METADATA, 0);
    let metadata_options = Arc::new(metadata_log_options(settings));
    let topic_options = Arc::new(LogOptions::default());
    let options_of = |name: &TopicPartition| {
        if *name == metadata_name { metadata_options.clone() } else { topic_options.clone() }
    };
    let threads = settings.get_int("num.recovery.threads.per.data.dir").max(1) as usize;
    let mut logs = HashMap::new();
    let mut metadata_log = None;
    let mut damaged = HashSet::new();
    let mut clean_epochs = Vec::new();
    for directory in &all {
        let loaded = tokio::task::block_in_place(|| directory.load(&options_of, threads))?;
        clean_epochs.push(loaded.clean_broker_epoch);
        for failed in loaded.failed {
            // Nothing is wrong with such a log: it only could not be brought into order.
            if let StorageError::DiskFull { path } = &failed.error {
                return Err(StartError::NoSpace(path.clone()));
            }
            if failed.partition == metadata_name {
                return Err(StartError::Metadata(format!(
                    "the metadata log is damaged: {}; restore its directory from a copy, or remove the damaged segment if the records in it are in a snapshot",
                    failed.error
                )));
            }
            tracing::error!(partition = %failed.partition, error = %failed.error, "a damaged log stays out of use");
            damaged.insert(failed.partition);
        }
        let index = for_topics.iter().position(|other| Arc::ptr_eq(other, directory));
        for log in loaded.logs {
            if *log.partition() == metadata_name {
                if directory.path() == metadata_path {
                    metadata_log = Some(log);
                }
            } else if let Some(index) = index {
                logs.insert(log.partition().clone(), (log, index));
            }
        }
    }
    let metadata_directory = all
        .iter()
        .find(|directory| directory.path() == metadata_path)
        .cloned()
        .ok_or_else(|| StartError::Configuration("metadata.log.dir is not among the log directories".to_owned()))?;
    let metadata_log = metadata_log.unwrap_or_else(|| {
        metadata_directory.create_log(metadata_name, Uuid::METADATA_TOPIC, metadata_options.clone())
    });
    let clean = clean_epochs.iter().copied().collect::<Option<Vec<i64>>>();
    let clean_broker_epoch = clean.and_then(|epochs| epochs.into_iter().max()).unwrap_or(-1);
    Ok(Opened { for_topics, metadata_directory, metadata_log, logs, damaged, clean_broker_epoch })
}

/// The metadata log keeps everything until a snapshot makes it superfluous.
fn metadata_log_options(settings: &Settings) -> LogOptions {
    LogOptions {
        segment_bytes: settings.get_int("metadata.log.segment.bytes").max(1024) as u32,
        segment_ms: settings.get_long("metadata.log.segment.ms"),
        delete: false,
        transaction_verification: false,
        ..LogOptions::default()
    }
}

fn quorum_options(
    settings: &Settings,
    cluster_id: &str,
    directory_id: Uuid,
    random: &Random,
) -> Result<QuorumOptions, StartError> {
    let listener = settings.listeners().controller_names.first().cloned().unwrap_or_default();
    let key = ReplicaKey::new(settings.node_id(), directory_id);
    let mut options = QuorumOptions::new(cluster_id, key, listener.as_str(), controller_endpoints(settings));
    let voters = settings.get_list("controller.quorum.voters").join(",");
    options.static_voters =
        VoterSet::parse(&voters, &listener).map_err(|error| StartError::Configuration(error.to_string()))?;
    options.election_timeout_ms = settings.get_int("controller.quorum.election.timeout.ms").into();
    options.fetch_timeout_ms = settings.get_int("controller.quorum.fetch.timeout.ms").into();
    options.election_backoff_max_ms = settings.get_int("controller.quorum.election.backoff.max.ms").into();
    options.request_timeout_ms = settings.get_int("controller.quorum.request.timeout.ms").into();
    options.seed = random.next_u64();
    Ok(options)
}

fn controller_options(settings: &Arc<Settings>, cluster_id: &str) -> ControllerOptions {
    ControllerOptions {
        cluster_id: cluster_id.into(),
        node_id: settings.node_id(),
        default_partitions: settings.get_int("num.partitions"),
        default_replication_factor: settings.get_int("default.replication.factor") as i16,
        min_in_sync_replicas: settings.get_int("min.insync.replicas"),
        unclean_leader_election: settings.get_bool("unclean.leader.election.enable"),
        session_timeout_ms: settings.get_int("broker.session.timeout.ms").into(),
        election_interval_ms: settings.get_long("leader.imbalance.check.interval.seconds").saturating_mul(1_000),
        leader_rebalance: settings.get_bool("auto.leader.rebalance.enable"),
        delete_topics: settings.get_bool("delete.topic.enable"),
        configs: Arc::new(KeyTable::new(settings.clone())),
        ..ControllerOptions::default()
    }
}

/// What formatting left for the first active controller.
fn read_bootstrap(disk: &Disk, settings: &Settings) -> Result<Bootstrap, StartError> {
    let path = PathBuf::from(settings.metadata_log_dir()).join(BOOTSTRAP);
    let mut bootstrap = Format::default().bootstrap()?;
    if !disk.exists(&path) {
        return Ok(bootstrap);
    }
    let checkpoint = Checkpoint::read(disk, &path).map_err(|error| StartError::Metadata(error.to_string()))?;
    bootstrap.features.clear();
    for record in checkpoint.records {
        match record {
            MetadataRecord::FeatureLevel(feature) if feature.name == metadata::features::METADATA_VERSION => {
                let level = feature.feature_level;
                bootstrap.metadata_version = metadata::MetadataVersion::from_level(level).ok_or_else(|| {
                    let path = path.display();
                    StartError::Metadata(format!(
                        "{path} names metadata.version {level}, which this program does not know"
                    ))
                })?;
            }
            MetadataRecord::FeatureLevel(feature) => bootstrap.features.push((feature.name, feature.feature_level)),
            record => bootstrap.records.push(record),
        }
    }
    Ok(bootstrap)
}

/// What a listener tells others: the host as advertised, the port as it was opened.
pub(super) fn advertised(settings: &Settings, addresses: &[(String, SocketAddr)]) -> Vec<(ListenerConfig, Str, u16)> {
    let told = settings.listeners().advertised.iter();
    told.map(|listener| {
        let opened = addresses.iter().find(|(name, _)| *name == listener.name).map(|(_, address)| address);
        let port = if listener.port == 0 { opened.map_or(0, SocketAddr::port) } else { listener.port };
        let host = if listener.host.is_empty() { Str::from(host_name()) } else { Str::from(listener.host.as_str()) };
        (listener.clone(), host, port)
    })
    .collect()
}

fn host_name() -> String {
    runtime::host_name().unwrap_or_else(|| "localhost".to_owned())
}
