//! `Scratch`: the directory of one run, with a place in it (directory and ports) for every server that is started.
//!
//! All servers lie on one file system. The directory is removed at the end; what a killed run left behind is removed by the next.

use std::cell::Cell;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Within};
use crate::machine;

const PREFIX: &str = "run-";
/// A place's second port is the first plus this.
const CONTROLLER_PORT_DISTANCE: u16 = 1;
/// So many pairs of ports are tried before giving up.
const PORT_TRIES: u32 = 500;

/// Where one server lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its directory: settings, log output and data.
    pub directory: PathBuf,
    /// The port for clients.
    pub port: u16,
    /// The port of the controller.
    pub controller_port: u16,
    /// The CPU that the server is pinned to.
    pub cpu: Option<usize>,
}

impl Place {
    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// `log.dirs`.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }
}

/// The directory of a run.
pub struct Scratch {
    root: PathBuf,
    first_port: u16,
    cpu: Option<usize>,
    places: Cell<u16>,
}

impl Scratch {
    /// A new directory below `parent`; servers get ports from `first_port` on and are pinned to `cpu`.
    pub fn create(parent: &Path, first_port: u16, cpu: Option<usize>) -> Result<Scratch, Failure> {
        fs::create_dir_all(parent).within(parent.display())?;
        remove_abandoned(parent)?;
        let root = parent.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&root).within(root.display())?;
        let root = fs::canonicalize(&root).within(root.display())?;
        Ok(Scratch { root, first_port, cpu, places: Cell::new(0) })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.root
    }

    /// A place that no server has had in this run.
    pub fn place(&self, name: &str) -> Result<Place, Failure> {
        for _ in 0..PORT_TRIES {
            let number = self.places.get();
            self.places.set(number + 1);
            let port = self.first_port.saturating_add(number.saturating_mul(10));
            let controller_port = port.saturating_add(CONTROLLER_PORT_DISTANCE);
            if is_free(port) && is_free(controller_port) {
                let directory = self.root.join(format!("{name}-{number}"));
                fs::create_dir_all(directory.join("data")).within(directory.display())?;
                return Ok(Place { directory, port, controller_port, cpu: self.cpu });
            }
        }
        Err(Failure::new(format!("no two free ports from {} on", self.first_port)))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next run.
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn remove_abandoned(parent: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(parent).within(parent.display())? {
        let entry = entry.within(parent.display())?;
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if owner.is_some_and(|pid| !machine::is_alive(pid)) {
            fs::remove_dir_all(entry.path()).within(entry.path().display())?;
        }
    }
    Ok(())
}
