//! What the kernel says about the machine and about processes: CPU time, memory, models; and the few settings the harness needs.
//!
//! CPU time comes in ticks of 10 ms. A process's own time is exact to the tick; the machine's is sampled at the tick, so the two
//! agree only over seconds.

use std::fs;
use std::num::NonZeroU64;
use std::path::Path;
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity, set_current_timer_slack};

use crate::failure::{Failure, Within};

/// CPU time that a process has used in all its threads, user and system.
pub fn process_cpu_seconds(pid: u32) -> Result<f64, Failure> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).within(&path)?;
    process_ticks(&text).map(seconds).ok_or_else(|| Failure::new(format!("{path} is not what it should be: {text}")))
}

/// CPU time that everything on the machine has used, the kernel's own threads included; time stolen by the host is not.
pub fn busy_cpu_seconds() -> Result<f64, Failure> {
    let text = fs::read_to_string("/proc/stat").within("/proc/stat")?;
    busy_ticks(&text).map(seconds).ok_or_else(|| Failure::new("/proc/stat is not what it should be"))
}

/// Memory of a process that is in RAM.
pub fn resident_bytes(pid: u32) -> Result<u64, Failure> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).within(&path)?;
    kilobytes(&text, "VmRSS:").map(|kb| kb * 1024).ok_or_else(|| Failure::new(format!("{path} says no VmRSS")))
}

/// Memory that could be used without swapping; 0 where the kernel does not say.
pub fn available_bytes() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    kilobytes(&text, "MemAvailable:").unwrap_or(0) * 1024
}

/// Is there a process with this id?
pub fn is_alive(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

/// The number of CPUs of the machine, whatever this process is pinned to.
pub fn cpus() -> usize {
    cpu_lines(&fs::read_to_string("/proc/stat").unwrap_or_default()).max(1)
}

/// Lets this process, and the servers that it starts, open as many files as the hard limit allows.
pub fn raise_open_files_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, the row that needs it fails and says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Makes this thread wake up when it asked to: by default the kernel adds up to 50 µs.
pub fn sharpen_timer() {
    // Where it is refused, both servers are measured with the same blunt timer.
    let _ = set_current_timer_slack(NonZeroU64::new(1));
}

/// Keeps this thread, and those that it starts, on one CPU.
pub fn pin_this_thread(cpu: usize) -> Result<(), Failure> {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).map_err(std::io::Error::from).within(format!("pinning the client to CPU {cpu}"))
}

/// What the machine is, in one line, and the file system that this directory is on.
pub fn describe(directory: &Path) -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown CPU", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let memory = kilobytes(&meminfo, "MemTotal:").unwrap_or(0) as f64 / f64::from(1 << 20);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let file_system = file_system(directory).unwrap_or_else(|| "unknown file system".to_owned());
    format!("{} CPUs ({model}), {memory:.0} GiB, Linux {}, {file_system}", cpus(), kernel.trim())
}

/// The first line that a command prints, on either stream; `None` where it cannot be run.
pub fn first_line_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}

fn file_system(directory: &Path) -> Option<String> {
    let directory = fs::canonicalize(directory).ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let around = fields.filter(|fields| fields.len() > 2 && directory.starts_with(fields[1]));
    // Of two mounts on one place the later one is seen.
    around.max_by_key(|fields| fields[1].len()).map(|fields| fields[2].to_owned())
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// User and system time; the name before them may contain anything, so the fields are counted from its closing bracket.
fn process_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}

/// The line `cpu user nice system idle iowait irq softirq steal …` without idle, iowait and steal.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let busy = [0, 1, 2, 5, 6].map(|index| fields.get(index).copied());
    busy.into_iter().sum()
}

/// Behind the line of all CPUs comes one for each: `cpu0 …`.
fn cpu_lines(stat: &str) -> usize {
    stat.lines().filter_map(|line| line.strip_prefix("cpu")).filter(|rest| !rest.starts_with(' ')).count()
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_time_is_found_behind_a_name_with_brackets() {
        let stat = "77 (a) b (c) S 1 77 77 0 -1 4194560 100 0 0 0 40 2 900 900 20 0 113 0 17 4 5";
        assert_eq!(process_ticks(stat), Some(42));
        assert_eq!(process_ticks("77 (cut) S 1 2"), None);
    }

    #[test]
    fn idle_waiting_and_stolen_time_is_not_busy() {
        assert_eq!(busy_ticks("cpu  1 2 4 1000 1000 8 16 1000 0 0\ncpu0 9 9"), Some(31));
        assert_eq!(busy_ticks("cpu  1 2"), None);
    }

    #[test]
    fn cpus_are_counted_without_the_line_of_their_sum() {
        assert_eq!(cpu_lines("cpu  1 2 3\ncpu0 1 2\ncpu1 0 0\nintr 7\n"), 2);
    }

    #[test]
    fn kilobytes_are_read_from_their_line() {
        let status = "VmHWM:\t  9 kB\nVmRSS:\t  1234 kB\n";
        assert_eq!(kilobytes(status, "VmRSS:"), Some(1234));
        assert_eq!(kilobytes(status, "VmSwap:"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let pid = std::process::id();
        assert!(resident_bytes(pid).unwrap() > 0);
        assert!(process_cpu_seconds(pid).unwrap() <= busy_cpu_seconds().unwrap() + 1.0);
    }
}
