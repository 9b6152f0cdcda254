//! A real process of the program under test: started, killed, started again on the same files.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

/// How long a start may take before the test gives up.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// A broker process with a directory of its own.
#[derive(Debug)]
pub struct BrokerProcess {
    program: PathBuf,
    directory: TempDir,
    port: u16,
    child: Option<Child>,
}

impl BrokerProcess {
    /// Prepares a directory and a configuration for `program` (the binary `vltava`), with keys set on top of the defaults.
    pub fn prepare(program: &Path, set: &[(&str, &str)]) -> BrokerProcess {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let (port, controller) = (free_port(), free_port());
        let mut lines = vec![
            "process.roles=broker,controller".to_owned(),
            "node.id=1".to_owned(),
            format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"),
            "controller.listener.names=CONTROLLER".to_owned(),
            format!("controller.quorum.voters=1@127.0.0.1:{controller}"),
            format!("log.dirs={}", directory.path().join("data").display()),
            "offsets.topic.num.partitions=3".to_owned(),
            "offsets.topic.replication.factor=1".to_owned(),
            "vltava.metrics.listener=".to_owned(),
        ];
        lines.extend(set.iter().map(|(key, value)| format!("{key}={value}")));
        std::fs::write(directory.path().join("server.properties"), lines.join("\n")).expect("a file can be written");
        BrokerProcess { program: program.to_owned(), directory, port, child: None }
    }

    /// The same, with the data directory at a place that the test has prepared.
    pub fn prepare_at(program: &Path, data: &Path, set: &[(&str, &str)]) -> BrokerProcess {
        let data = data.display().to_string();
        let mut all = vec![("log.dirs", data.as_str())];
        all.extend(set);
        BrokerProcess::prepare(program, &all)
    }

    /// The configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.directory.path().join("server.properties")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Formats the data directory.
    pub fn format(&self) {
        let status = Command::new(&self.program)
            .args(["format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c"])
            .arg(self.configuration())
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("the program runs").success(), "formatting failed");
    }

    /// Starts the process and returns when it takes connections.
    pub async fn start(&mut self) {
        let child = Command::new(&self.program)
            .args(["serve", "--log", "warn"])
            .arg(self.configuration())
            .stdout(Stdio::null())
            .spawn();
        self.child = Some(child.expect("the program runs"));
        let address = self.address();
        let answers = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(START_PATIENCE, answers).await.expect("the broker takes connections");
    }

    /// Stops the process as an operator does, with SIGTERM, and returns when it has ended well.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            assert!(sent.expect("signals can be sent").success());
            assert!(child.wait().expect("the process ends").success(), "the stop failed");
        }
    }

    /// Starts the process, which is expected to give up: what it says.
    pub fn fail_to_start(&self) -> String {
        let output = Command::new(&self.program).args(["serve", "--log", "off"]).arg(self.configuration()).output();
        let output = output.expect("the program runs");
        assert!(!output.status.success(), "the start should fail");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Kills the process as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the process can be killed");
            child.wait().expect("the process ends");
        }
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A process that has ended by itself needs no killing.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}
