//! The ports that the platform listens on.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Result, bail};

/// Where everything listens: the usual ports, all moved by the same number.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    offset: u16,
}

impl Ports {
    /// The largest offset that keeps every port below 65,536.
    pub const MAX_OFFSET: u16 = 38_000;

    /// The usual ports moved by `offset`.
    pub fn new(offset: u16) -> Self {
        Self { offset }
    }

    /// How far they are moved.
    pub fn offset(self) -> u16 {
        self.offset
    }

    /// The web app's port.
    pub fn web(self) -> u16 {
        5173 + self.offset
    }

    /// The private MongoDB's port.
    pub fn mongo(self) -> u16 {
        27_117 + self.offset
    }
}

/// The ports that [`free`] gives: below those that systems give to connections and to listeners without a port, so that
/// nobody takes one between the moment it is given and the moment it is used.
const FREE: std::ops::Range<u16> = 20_000..27_000;

/// A port that nobody listens on now; each one is given only once in this process.
pub fn free() -> Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let (many, first) = (u32::from(FREE.end - FREE.start), std::process::id().wrapping_mul(97));
    for _ in 0..many {
        let nth = first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % many;
        let port = FREE.start + u16::try_from(nth)?;
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port between {} and {} is free", FREE.start, FREE.end)
}

/// Whether somebody listens on this port of this machine.
pub fn is_taken(port: u16) -> bool {
    let local = [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))];
    let answered = |address| TcpStream::connect_timeout(address, Duration::from_millis(300)).is_ok();
    let refused =
        |address: SocketAddr| TcpListener::bind(address).is_err_and(|error| error.kind() == ErrorKind::AddrInUse);
    local.iter().any(answered)
        || local.into_iter().any(refused)
        || refused(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))
}

/// Fails with a line for each taken port that says what to do.
pub fn require_free(wanted: &[(String, u16)]) -> Result<()> {
    let taken: Vec<String> = wanted
        .iter()
        .filter(|(_, port)| is_taken(*port))
        .map(|(name, port)| {
            let holder = holder(*port).map_or_else(String::new, |who| format!(" by {who}"));
            format!("port {port} ({name}) is taken{holder}")
        })
        .collect();
    if !taken.is_empty() {
        bail!(
            "{}\n  Stop what listens there, or move the whole platform: cargo xtask up --port-offset 100",
            taken.join("\n  ")
        );
    }
    Ok(())
}

/// Who listens on a port, as far as `lsof` or `ss` can tell.
fn holder(port: u16) -> Option<String> {
    let lsof = Command::new("lsof").args(["-nP", &format!("-iTCP:{port}"), "-sTCP:LISTEN", "-Fpc"]).output();
    if let Ok(output) = lsof {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let pid = text.lines().find_map(|line| line.strip_prefix('p'))?;
        let name = text.lines().find_map(|line| line.strip_prefix('c'))?;
        return Some(format!("{name} (process {pid})"));
    }
    let output = Command::new("ss").args(["-Hltnp", &format!("sport = :{port}")]).output().ok()?;
    who_by_ss(&String::from_utf8_lossy(&output.stdout))
}

fn who_by_ss(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("users:((\"")?;
    let (name, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once("pid=")?;
    let pid: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("{name} (process {pid})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_listened_on_is_taken() -> Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        assert!(is_taken(port));
        let error = require_free(&[("auth".into(), port)]).err().map(|error| error.to_string());
        assert!(error.is_some_and(|line| line.contains(&format!("port {port} (auth) is taken"))));
        drop(listener);
        assert!(!is_taken(port));
        Ok(())
    }

    #[test]
    fn the_largest_offset_keeps_ports_in_range() {
        assert_eq!(Ports::new(Ports::MAX_OFFSET).mongo(), 65_117);
    }

    #[test]
    fn the_holder_is_read_from_ss() {
        let line = r#"LISTEN 0 128 0.0.0.0:3001 0.0.0.0:* users:(("auth",pid=4242,fd=9))"#;
        assert_eq!(who_by_ss(line).as_deref(), Some("auth (process 4242)"));
        assert_eq!(who_by_ss(""), None);
    }
}
