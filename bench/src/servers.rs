//! The servers under test: how a program is formatted and started, and when it counts as started.
//!
//! Both programs read the same `server.properties`; only what `own_settings` adds differs. Stock settings otherwise, except that
//! deleted topics leave the disk after a second instead of a minute, so that one leg's leftovers do not burden the next.

pub mod kafka;
mod process;
pub mod vltava;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use types::Uuid;

use self::kafka::Kafka;
pub use self::process::find_program;
use self::process::{Process, run_to_end};
use self::vltava::Vltava;
use crate::failure::{Failure, Within};
use crate::raw::connection::Connection;
use crate::scratch::Place;

/// How long a server may take to answer for the first time.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How long the look for the first answer waits between two tries: a fraction of the time gone, within these bounds.
const TRY_SHORTEST: Duration = Duration::from_micros(100);
const TRY_LONGEST: Duration = Duration::from_millis(2);

const CLUSTER_ID: Uuid = Uuid::from_bytes(*b"vltava-benchmark");

/// A program that serves Kafka's protocol.
#[derive(Clone, Debug)]
pub enum Program {
    /// Apache Kafka on a JVM.
    Kafka(Kafka),
    /// Vltava.
    Vltava(Vltava),
}

impl Program {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Program::Kafka(_) => "Kafka",
            Program::Vltava(_) => "Vltava",
        }
    }

    /// Name, version and what it runs on, in one line.
    pub fn description(&self) -> String {
        match self {
            Program::Kafka(kafka) => kafka.description(),
            Program::Vltava(vltava) => vltava.description(),
        }
    }

    fn own_settings(&self) -> &'static str {
        match self {
            Program::Kafka(_) => kafka::SETTINGS,
            Program::Vltava(_) => vltava::SETTINGS,
        }
    }

    fn format_command(&self, place: &Place, properties: &Path, cluster_id: &str) -> Result<Command, Failure> {
        match self {
            Program::Kafka(kafka) => kafka.format_command(place, properties, cluster_id),
            Program::Vltava(vltava) => Ok(vltava.format_command(properties, cluster_id)),
        }
    }

    fn serve_command(&self, place: &Place, properties: &Path) -> Command {
        match self {
            Program::Kafka(kafka) => kafka.serve_command(place, properties),
            Program::Vltava(vltava) => vltava.serve_command(properties),
        }
    }
}

/// A running server with a directory of its own. Dropping it kills it and removes its files.
pub struct Server {
    process: Process,
    place: Place,
    started_in: Duration,
}

impl Server {
    /// Formats an empty directory, starts the program and waits for its first answer to ApiVersions.
    pub fn start(program: &Program, place: Place) -> Result<Server, Failure> {
        let properties = place.directory.join("server.properties");
        fs::write(&properties, settings(&place) + program.own_settings()).within(properties.display())?;
        let what = format!("formatting for {}", program.name());
        run_to_end(program.format_command(&place, &properties, &CLUSTER_ID.to_string())?, &what)?;
        let command = program.serve_command(&place, &properties);
        let begun = Instant::now();
        let process = Process::spawn(&command, place.cpu, &place.directory.join("output.log"))?;
        let mut server = Server { process, place, started_in: Duration::ZERO };
        server.await_first_answer(begun).within(format!("starting {}", program.name()))?;
        server.started_in = begun.elapsed();
        Ok(server)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.place.address()
    }

    /// Where the partitions' directories are.
    pub fn data(&self) -> PathBuf {
        self.place.data()
    }

    /// From exec to the first answer.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    fn await_first_answer(&mut self, begun: Instant) -> Result<(), Failure> {
        loop {
            self.process.check_alive()?;
            let answer = Connection::open(self.address()).and_then(|mut connection| connection.greet());
            let elapsed = begun.elapsed();
            match answer {
                Ok(()) => return Ok(()),
                Err(failure) if elapsed > START_LIMIT => return Err(failure),
                Err(_) => thread::sleep((elapsed / 50).clamp(TRY_SHORTEST, TRY_LONGEST)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill();
        // What cannot be removed now goes with the directory of the run.
        let _ = fs::remove_dir_all(&self.place.directory);
    }
}

fn settings(place: &Place) -> String {
    let Place { port, controller_port, .. } = place;
    let data = place.data();
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         controller.listener.names=CONTROLLER\n\
         controller.quorum.voters=1@127.0.0.1:{controller_port}\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         log.segment.delete.delay.ms=1000\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n",
        data.display()
    )
}
