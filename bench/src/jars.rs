//! Apache Kafka from Maven Central: one small pom, one goal of Maven's dependency plugin, a directory of jars.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Within};

/// The version that Vltava is measured against.
pub const KAFKA_VERSION: &str = "4.3.1";
/// Where the jars are kept, outside version control.
pub const DEFAULT_DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.cache/kafka-libs");

const LOG4J_VERSION: &str = "2.25.1";
const GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

const KAFKA: [&str; 9] = [
    "kafka_2.13",
    "kafka-tools",
    "trogdor",
    "connect-runtime",
    "connect-json",
    "connect-file",
    "connect-mirror",
    "kafka-streams-examples",
    "kafka-examples",
];
/// Kafka only compiles against a logging backend; it brings none.
const LOG4J: [&str; 3] = ["log4j-slf4j-impl", "log4j-core", "log4j-1.2-api"];

/// Fetches Apache Kafka and all it depends on.
pub fn fetch(directory: &Path) -> Result<(), Failure> {
    fs::create_dir_all(directory).within(directory.display())?;
    let directory = fs::canonicalize(directory).within(directory.display())?;
    let pom = directory.join("pom.xml");
    fs::write(&pom, pom_text()).within(pom.display())?;
    eprintln!("fetching Apache Kafka {KAFKA_VERSION} into {}", directory.display());
    let status = Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(&pom)
        .args([GOAL, "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", directory.display()))
        .status()
        .within("mvn, which fetches the jars, cannot be run")?;
    if !status.success() {
        return Err(Failure::new(format!("mvn ended with {status}")));
    }
    let (count, bytes) = content(&directory)?;
    println!("{count} jars, {} MB, in {}", bytes / 1_000_000, directory.display());
    Ok(())
}

fn content(directory: &Path) -> Result<(usize, u64), Failure> {
    let mut sum = (0, 0);
    for entry in fs::read_dir(directory).within(directory.display())? {
        let entry = entry.within(directory.display())?;
        if entry.path().extension().is_some_and(|extension| extension == "jar") {
            sum = (sum.0 + 1, sum.1 + entry.metadata().within(entry.path().display())?.len());
        }
    }
    Ok(sum)
}

fn pom_text() -> String {
    let dependency = |group: &str, artifact: &str, version: &str| {
        format!(
            "    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
             <version>{version}</version></dependency>\n"
        )
    };
    let kafka = KAFKA.map(|artifact| dependency("org.apache.kafka", artifact, KAFKA_VERSION)).concat();
    let log4j = LOG4J.map(|artifact| dependency("org.apache.logging.log4j", artifact, LOG4J_VERSION)).concat();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>vltava.bench</groupId>\n  <artifactId>kafka-libs</artifactId>\n  <version>1</version>\n  \
         <packaging>pom</packaging>\n  <dependencies>\n{kafka}{log4j}  </dependencies>\n</project>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pom_names_every_artifact_with_its_version() {
        let pom = pom_text();
        assert_eq!(pom.matches("<dependency>").count(), KAFKA.len() + LOG4J.len());
        assert!(pom.contains("<artifactId>kafka_2.13</artifactId><version>4.3.1</version>"));
        assert!(pom.contains("<artifactId>log4j-core</artifactId><version>2.25.1</version>"));
    }
}
