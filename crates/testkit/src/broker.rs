//! A broker inside the test's own process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker::{Server, ServerOptions};
use config::Settings;
use runtime::{Clock, Disk, Random};
use security::Authorizer;
use tempfile::TempDir;

/// A running broker; it is cut off without a clean stop when dropped, as a killed process would be.
#[derive(Debug)]
pub struct TestBroker {
    server: Option<Server>,
    files: Files,
    set: Vec<(String, String)>,
    authorizer: Authorizer,
}

#[derive(Clone, Debug)]
struct Files {
    disk: Disk,
    path: PathBuf,
    _directory: Option<Arc<TempDir>>,
}

impl TestBroker {
    /// A broker with its files in memory.
    pub async fn in_memory() -> TestBroker {
        TestBroker::in_memory_with(&[]).await
    }

    /// A broker with its files in memory and keys set on top of the defaults.
    pub async fn in_memory_with(set: &[(&str, &str)]) -> TestBroker {
        let files = Files { disk: Disk::memory(), path: PathBuf::from("/vltava-data"), _directory: None };
        TestBroker::start(files, owned(set), Authorizer::AllowEveryone).await
    }

    /// A broker in memory that asks this authorizer.
    pub async fn with_authorizer(authorizer: Authorizer) -> TestBroker {
        let files = Files { disk: Disk::memory(), path: PathBuf::from("/vltava-data"), _directory: None };
        TestBroker::start(files, Vec::new(), authorizer).await
    }

    /// A broker with its files in a directory that removes itself.
    pub async fn on_disk_with(set: &[(&str, &str)]) -> TestBroker {
        let directory = Arc::new(tempfile::tempdir().expect("a temporary directory can be made"));
        let path = directory.path().join("data");
        let files = Files { disk: Disk::os(), path, _directory: Some(directory) };
        TestBroker::start(files, owned(set), Authorizer::AllowEveryone).await
    }

    async fn start(files: Files, set: Vec<(String, String)>, authorizer: Authorizer) -> TestBroker {
        let mut pairs = Settings::zero_configuration_properties();
        let mut put = |key: &str, value: &str| {
            pairs.retain(|(name, _)| name != key);
            pairs.push((key.to_owned(), value.to_owned()));
        };
        put("listeners", "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0");
        put("log.dirs", &files.path.display().to_string());
        put("vltava.metrics.listener", "");
        put("offsets.topic.num.partitions", "3");
        set.iter().for_each(|(key, value)| put(key, value));
        let (settings, _) = Settings::from_properties(&pairs).expect("the test's settings are valid");
        let options = ServerOptions {
            settings,
            disk: files.disk.clone(),
            clock: Clock::system(),
            random: Random::system(),
            authorizer: authorizer.clone(),
            formats_itself: true,
        };
        let server = Server::start(options).await.expect("the broker starts");
        TestBroker { server: Some(server), files, set, authorizer }
    }

    /// The server itself.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("running")
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.server().address().expect("a broker listens")
    }

    /// Where controllers are reached.
    pub fn controller_address(&self) -> SocketAddr {
        let addresses = self.server().addresses();
        addresses
            .iter()
            .find(|(name, _)| name == "CONTROLLER")
            .map(|(_, address)| *address)
            .expect("a controller listens")
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.files.path
    }

    /// The disk that the data is on.
    pub fn disk(&self) -> &Disk {
        &self.files.disk
    }

    /// Stops cleanly and starts again on the same files.
    pub async fn restart(mut self) -> TestBroker {
        let server = self.server.take().expect("running");
        server.stop().await.expect("a clean stop");
        TestBroker::start(self.files.clone(), self.set.clone(), self.authorizer.clone()).await
    }
}

fn owned(set: &[(&str, &str)]) -> Vec<(String, String)> {
    set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
