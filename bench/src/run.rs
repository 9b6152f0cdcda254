//! A run: both servers started once, warmed up, then leg after leg in turn, row by row.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::failure::{Failure, Within};
use crate::leg::{Leg, Measurement};
use crate::report::{Report, Round, RowResult, markdown, plot};
use crate::rows::Row;
use crate::scratch::Scratch;
use crate::servers::kafka::Kafka;
use crate::servers::vltava::Vltava;
use crate::servers::{Program, Server, find_program};
use crate::{jars, machine, meter, pages};

/// A machine of which others take more than this is not quiet.
const NOISE_LIMIT: f64 = 0.05;
/// With `--pin`.
const BROKER_CPU: usize = 0;
const CLIENT_CPU: usize = 1;

const WARM_UP: Duration = Duration::from_secs(30);
const QUICK_WARM_UP: Duration = Duration::from_secs(10);
const SECONDS: f64 = 5.0;
const QUICK_SECONDS: f64 = 2.0;
const ROUNDS: u32 = 5;
const QUICK_ROUNDS: u32 = 2;

/// What is measured, and against what.
#[derive(Args, Debug)]
pub struct Options {
    /// Only these rows, separated by commas; all without it.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// How often each server has its turn in each row [default: 5, with --quick 2].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: Option<u32>,
    /// How long one leg lasts [default: 5, with --quick 2].
    #[arg(long)]
    seconds: Option<f64>,
    /// Short legs after a short warm-up: for a first look, not for publication.
    #[arg(long)]
    quick: bool,
    /// The Vltava to measure.
    #[arg(long, default_value = "target/release/vltava")]
    vltava: PathBuf,
    /// The jars of Apache Kafka.
    #[arg(long, default_value = jars::DEFAULT_DIRECTORY)]
    kafka_libs: PathBuf,
    /// Measures Vltava without Kafka: figures, no ratios.
    #[arg(long)]
    alone: bool,
    /// Measures one program against itself: what the ratios say then is the noise of the machine.
    #[arg(long, conflicts_with = "alone")]
    twice: Option<Which>,
    /// Keeps the broker on CPU 0 and the client on CPU 1.
    #[arg(long)]
    pin: bool,
    /// Writes the report here, and a plot beside it.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Where the servers keep their data during the run.
    #[arg(long, default_value = "target/bench")]
    data: PathBuf,
    /// The first port; each server that is started takes two.
    #[arg(long, default_value_t = 19092)]
    port: u16,
}

/// A program that can be measured.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    Kafka,
    Vltava,
}

impl Options {
    fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { QUICK_ROUNDS } else { ROUNDS })
    }

    fn leg_duration(&self) -> Result<Duration, Failure> {
        let seconds = self.seconds.unwrap_or(if self.quick { QUICK_SECONDS } else { SECONDS });
        if !(0.1..=600.0).contains(&seconds) {
            return Err(Failure::new("--seconds must be between 0.1 and 600"));
        }
        Ok(Duration::from_secs_f64(seconds))
    }

    fn warm_up(&self) -> Duration {
        if self.quick { QUICK_WARM_UP } else { WARM_UP }
    }
}

/// A program with its server that runs all the time.
struct Contestant {
    label: String,
    program: Program,
    server: Server,
}

/// Measures and reports.
pub fn run(options: &Options) -> Result<(), Failure> {
    let rows = Row::select(&options.rows)?;
    let duration = options.leg_duration()?;
    let programs = programs(options)?;
    machine::raise_open_files_limit();
    let scratch = Scratch::create(&options.data, options.port, options.pin.then_some(BROKER_CPU))?;
    if options.pin {
        pin()?;
    }
    let contestants = start(programs, &scratch)?;
    let mut run = Run { scratch, contestants, warnings: Vec::new(), legs: 0 };
    run.warm_up(&rows, options.warm_up());
    let results = rows.iter().map(|row| run.row(row, options.rounds(), duration)).collect();
    let report = run.report(options, results, duration);
    publish(&report, options)
}

/// The reference comes first, the program that is judged last.
fn programs(options: &Options) -> Result<Vec<Program>, Failure> {
    let kafka = || Kafka::find(&options.kafka_libs).map(Program::Kafka);
    let vltava = || Vltava::find(&options.vltava).map(Program::Vltava);
    match options.twice {
        Some(Which::Kafka) => kafka().map(|program| vec![program.clone(), program]),
        Some(Which::Vltava) => vltava().map(|program| vec![program.clone(), program]),
        None if options.alone => Ok(vec![vltava()?]),
        None => {
            let kafka = kafka().within("nothing to compare with (--alone measures Vltava without it)")?;
            Ok(vec![kafka, vltava()?])
        }
    }
}

fn pin() -> Result<(), Failure> {
    if machine::cpus() <= CLIENT_CPU || find_program("taskset").is_none() {
        return Err(Failure::new("--pin needs two CPUs and the program taskset"));
    }
    machine::pin_this_thread(CLIENT_CPU)
}

fn start(programs: Vec<Program>, scratch: &Scratch) -> Result<Vec<Contestant>, Failure> {
    let same = programs.len() == 2 && programs[0].name() == programs[1].name();
    let mut contestants = Vec::with_capacity(programs.len());
    for program in programs {
        let number = contestants.len() + 1;
        let label = if same { format!("{} ({number})", program.name()) } else { program.name().to_owned() };
        eprintln!("starting {label}: {}", program.description());
        let server = Server::start(&program, scratch.place("server")?)?;
        contestants.push(Contestant { label, program, server });
    }
    Ok(contestants)
}

struct Run {
    // Before the scratch directory, so that the servers are gone when it is removed.
    contestants: Vec<Contestant>,
    scratch: Scratch,
    warnings: Vec<String>,
    legs: u32,
}

impl Run {
    /// Every server does what it will be measured at; a JVM is ten times slower in its first seconds.
    fn warm_up(&mut self, rows: &[&Row], total: Duration) {
        let rows: Vec<_> = rows.iter().filter(|row| row.warms_up()).collect();
        if rows.is_empty() {
            return;
        }
        let share = total / rows.len() as u32;
        for index in 0..self.contestants.len() {
            eprintln!("warming up {} for {} s", self.contestants[index].label, total.as_secs());
            for row in &rows {
                if let Err(failure) = self.leg(row, index, row.warm_up_duration(share)) {
                    self.warn(format!("{}: warm-up of {}: {failure}", self.contestants[index].label, row.name));
                }
            }
        }
    }

    fn row(&mut self, row: &'static Row, rounds: u32, duration: Duration) -> RowResult {
        let mut written = row.expected_bytes();
        let mut result = RowResult { row, rounds: Vec::new() };
        for number in 1..=rounds {
            let mut outcomes = Vec::new();
            for index in 0..self.contestants.len() {
                let outcome = self.prepared_leg(row, index, duration, written);
                self.progress(row, number, rounds, index, &outcome);
                outcomes.push(outcome);
            }
            let most = outcomes.iter().flatten().map(|measurement| measurement.written_bytes).max();
            written = most.unwrap_or(written);
            if let Some(subject) = outcomes.pop() {
                result.rounds.push(Round { reference: outcomes.pop(), subject });
            }
        }
        result
    }

    fn prepared_leg(
        &mut self,
        row: &Row,
        index: usize,
        duration: Duration,
        written: u64,
    ) -> Result<Measurement, Failure> {
        pages::back(self.scratch.directory(), written)?;
        let (server, bystander) = self.pids(index);
        let noise = meter::share_of_others(server, bystander)?;
        if noise > NOISE_LIMIT {
            let label = &self.contestants[index].label;
            self.warn(format!(
                "{}, {label}: before a leg, others took {:.0} % of the machine",
                row.name,
                noise * 100.0
            ));
        }
        self.leg(row, index, duration)
    }

    fn leg(&mut self, row: &Row, index: usize, duration: Duration) -> Result<Measurement, Failure> {
        self.legs += 1;
        let contestant = &self.contestants[index];
        row.measure(&Leg {
            program: &contestant.program,
            server: &contestant.server,
            bystander: self.bystander(index).map(|bystander| &bystander.server),
            scratch: &self.scratch,
            duration,
            number: self.legs,
        })
    }

    fn bystander(&self, index: usize) -> Option<&Contestant> {
        self.contestants.iter().enumerate().find(|(other, _)| *other != index).map(|(_, contestant)| contestant)
    }

    fn pids(&self, index: usize) -> (u32, Option<u32>) {
        let bystander = self.bystander(index).map(|bystander| bystander.server.pid());
        (self.contestants[index].server.pid(), bystander)
    }

    fn progress(&self, row: &Row, number: u32, rounds: u32, index: usize, outcome: &Result<Measurement, Failure>) {
        let label = &self.contestants[index].label;
        let said = match outcome {
            Ok(measurement) => markdown::figures(row, measurement),
            Err(failure) => format!("FAILED: {failure}"),
        };
        eprintln!("{:<17} {number}/{rounds} {label:<10} {said}", row.name);
    }

    fn warn(&mut self, warning: String) {
        eprintln!("warning: {warning}");
        self.warnings.push(warning);
    }

    fn report(&self, options: &Options, rows: Vec<RowResult>, duration: Duration) -> Report {
        let (subject, references) = match self.contestants.split_last() {
            Some((subject, rest)) => (subject.label.clone(), rest.first().map(|contestant| contestant.label.clone())),
            None => (String::new(), None),
        };
        let mut facts = vec![format!("Machine: {}.", machine::describe(self.scratch.directory()))];
        facts.extend(self.contestants.iter().map(|it| format!("{}: {}.", it.label, it.program.description())));
        facts.push(format!(
            "{} rounds of {} s legs in turn, after {} s of warm-up{}{}.",
            options.rounds(),
            duration.as_secs_f64(),
            options.warm_up().as_secs(),
            if options.pin { "; broker pinned to one CPU, client to another" } else { "; nothing pinned" },
            if options.quick { "; a quick look, not for publication" } else { "" },
        ));
        Report { reference: references, subject, facts, warnings: self.warnings.clone(), rows }
    }
}

fn publish(report: &Report, options: &Options) -> Result<(), Failure> {
    let Some(path) = &options.report else {
        print!("{}", markdown::page(report, None));
        return Ok(());
    };
    let image = path.with_extension("svg");
    let plot = plot::bars(report);
    let name = plot.as_ref().and_then(|_| image.file_name()).map(|name| name.to_string_lossy());
    fs::write(path, markdown::page(report, name.as_deref())).within(path.display())?;
    println!("{}", path.display());
    if let Some(plot) = plot {
        fs::write(&image, plot).within(image.display())?;
        println!("{}", image.display());
    }
    Ok(())
}
