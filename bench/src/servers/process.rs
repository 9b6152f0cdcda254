//! A child process: started with its output in a file, pinned if asked for, killed when it is dropped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::failure::{Failure, Within};

/// So many lines of a server's output go into the explanation when it ends by itself.
const LAST_LINES: usize = 5;

/// A running child.
pub struct Process {
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts the command; `cpu` pins it through `taskset`, which becomes the program itself.
    pub fn spawn(command: &Command, cpu: Option<usize>, output: &Path) -> Result<Process, Failure> {
        let file = File::create(output).within(output.display())?;
        let errors = file.try_clone().within(output.display())?;
        let mut command = pinned(command, cpu);
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let child = command.spawn().within(command.get_program().display())?;
        Ok(Process { child, output: output.to_owned() })
    }

    /// Its id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A failure with the last lines of the output where the process has ended.
    pub fn check_alive(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(Failure::new(format!("it ended with {status}: {}", self.last_lines()))),
        }
    }

    /// Ends it at once; its files are thrown away anyway.
    pub fn kill(&mut self) {
        // Both fail only where it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn last_lines(&self) -> String {
        let text = fs::read(&self.output).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&text))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command that ends by itself; a failure quotes its output.
pub fn run_to_end(mut command: Command, what: &str) -> Result<(), Failure> {
    let output = command.stdin(Stdio::null()).output().within(command.get_program().display()).within(what)?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(Failure::new(format!("{what} ended with {}: {}", output.status, last_lines(&String::from_utf8_lossy(&text)))))
}

/// Where the shell would find this program.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| candidate.is_file())
}

fn pinned(command: &Command, cpu: Option<usize>) -> Command {
    let mut outer = match cpu {
        None => Command::new(command.get_program()),
        Some(cpu) => {
            let mut taskset = Command::new("taskset");
            taskset.arg("--cpu-list").arg(cpu.to_string()).arg(command.get_program());
            taskset
        }
    };
    outer.args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        outer.current_dir(directory);
    }
    outer
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join(" | ")
}
