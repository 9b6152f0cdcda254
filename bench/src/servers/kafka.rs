//! Apache Kafka as its own start script runs it: 1 GB heap, G1 with 20 ms pauses, stock settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::find_program;
use crate::failure::{Failure, Within};
use crate::machine;
use crate::scratch::Place;

/// Nothing beyond the common settings.
pub const SETTINGS: &str = "";

/// What the start script gives the JVM.
const JVM: [&str; 8] = [
    "-server",
    "-Xmx1g",
    "-Xms1g",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Djava.awt.headless=true",
];

/// The broker's own jar begins with this, its version follows.
const BROKER_JAR: &str = "kafka_2.13-";

const LOG4J: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
  <Appenders>
    <Console name="console"><PatternLayout pattern="[%d] %p %m (%c)%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
"#;

/// An installation of Apache Kafka.
#[derive(Clone, Debug)]
pub struct Kafka {
    java: PathBuf,
    libs: PathBuf,
    version: String,
}

impl Kafka {
    /// The jars in this directory, with the `java` that the shell would find.
    pub fn find(libs: &Path) -> Result<Kafka, Failure> {
        let java = find_program("java").ok_or_else(|| Failure::new("there is no java in PATH"))?;
        let version = broker_version(libs).ok_or_else(|| {
            Failure::new(format!("no Apache Kafka in {}: `bench kafka-jars` fetches it", libs.display()))
        })?;
        let libs = fs::canonicalize(libs).within(libs.display())?;
        Ok(Kafka { java, libs, version })
    }

    /// Version, JVM and heap.
    pub fn description(&self) -> String {
        let java = machine::first_line_of(Command::new(&self.java).arg("-version"));
        format!("Apache Kafka {} on {}, 1 GB heap", self.version, java.as_deref().unwrap_or("an unknown JVM"))
    }

    /// `kafka-storage.sh format`.
    pub fn format_command(&self, place: &Place, properties: &Path, cluster_id: &str) -> Result<Command, Failure> {
        let log4j = log4j_file(place);
        fs::write(&log4j, LOG4J).within(log4j.display())?;
        let mut command = Command::new(&self.java);
        self.class_path(&mut command, place);
        command.args(["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c"]).arg(properties);
        Ok(command)
    }

    /// `kafka-server-start.sh`.
    pub fn serve_command(&self, place: &Place, properties: &Path) -> Command {
        let mut command = Command::new(&self.java);
        command.args(JVM);
        self.class_path(&mut command, place);
        command.arg("kafka.Kafka").arg(properties);
        command
    }

    fn class_path(&self, command: &mut Command, place: &Place) {
        command.arg(format!("-Dlog4j2.configurationFile={}", log4j_file(place).display()));
        command.arg("-cp").arg(self.libs.join("*"));
    }
}

fn log4j_file(place: &Place) -> PathBuf {
    place.directory.join("log4j2.xml")
}

fn broker_version(libs: &Path) -> Option<String> {
    let names = fs::read_dir(libs).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter_map(|name| Some(name.strip_prefix(BROKER_JAR)?.strip_suffix(".jar")?.to_owned()))
        .find(|version| version.starts_with(|first: char| first.is_ascii_digit()))
}
