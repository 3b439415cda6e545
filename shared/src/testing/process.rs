//! A service's own program: for what a service within its test cannot do, such as dying.

use std::{
    net::TcpListener,
    process::{Child, Command, ExitStatus, Stdio},
};

/// A program of a service that runs beside its test, and does not outlive it.
pub struct Process {
    /// Such as `http://127.0.0.1:41234`.
    pub url: String,
    child: Child,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

impl Process {
    /// Starts `program` on free ports with these variables beside the test's own.
    pub fn start(program: &str, variables: &[(&str, &str)]) -> Self {
        let port = free_port();
        let child = Command::new(program)
            .envs(variables.iter().copied())
            .env("PORT", port.to_string())
            .env("METRICS_PORT", free_port().to_string())
            .env("RUST_LOG", "off")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        Self { url: format!("http://127.0.0.1:{port}"), child }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a process")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}
